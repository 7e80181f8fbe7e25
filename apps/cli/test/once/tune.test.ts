import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { tinyWorldModel } from "@uniarm/tiny-world";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../run-cli.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const path = (name: string): string => join(folder.path, name);
beforeAll(async () => {
  folder = await temporaryFolder();
  const pairs = ["kite", "lamp", "drum", "gate"].map((object, index) => ({
    prompt: `How do I polish the ${object}?`,
    responses: [`Rub the ${object} with a soft cloth.`, "Be careful."],
    winners: { helpful: index % 2, harmless: 1 - (index % 2) },
  }));
  await writeFile(path("pairs.jsonl"), pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(""));
  const config = {
    model: tinyWorldModel("quick"),
    pairs: path("pairs.jsonl"),
    validationPairs: path("pairs.jsonl"),
    output: path("tuning"),
    batchPairs: 2,
    objectives: ["helpful", "harmless"].map((name) => ({ name, description: name })),
  };
  await writeFile(path("config.json"), JSON.stringify(config));
});
afterAll(() => folder.remove());

const TUNE = ["--tune", "optimizer.learningRate=0.00001,0.01", "--tune-steps", "8"];

test("train --tune tries settings, prints their ranking, and the command that it names trains with the best", async () => {
  const asked = ["train", "--config", path("config.json"), ...TUNE];
  const tuned = await runCli([...asked, "--tune-metric", "validation/loss"]);
  expect(tuned.stderr).not.toContain("error");
  expect(tuned.stdout.split("\n")).toEqual([
    expect.stringMatching(/^settings, 8 steps each {2,}validation\/loss$/),
    expect.stringMatching(/^learningRate=0\.01 +\d\.\d{3}$/),
    expect.stringMatching(/^learningRate=0\.00001 +\d\.\d{3}$/),
    "",
    `Train with the first: uniarm train --config ${path("tuning/best.json")} --output FOLDER`,
    "",
  ]);
  const trained = await runCli([
    "train",
    "--config",
    path("tuning/best.json"),
    "--steps",
    "1",
    "--output",
    path("run"),
  ]);
  expect(trained.code).toBe(0);

  const again = await runCli([...asked, "--tune-metric", "validation/loss", "--json"]);
  expect(again.stdout.trim().split("\n")).toHaveLength(1); // nothing is tried twice
  const last = JSON.parse(again.stdout) as { type: string; best: { optimizer: object } };
  expect(last).toMatchObject({ type: "tuning", best: { optimizer: { learningRate: 0.01 } } });
});

test("what cannot be tuned is said before the engine is opened", async () => {
  const asked = ["train", "--config", path("config.json"), "--tune"];
  const bad = await runCli([...asked, "--tune-steps", "0"]);
  expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining("--tune-steps takes a whole number above 0")]);
  const range = await runCli([...asked, "beta=0.1..1"]);
  expect([range.code, range.stderr]).toEqual([2, expect.stringContaining("beta is a range")]);
  const unknown = await runCli([...asked, "lerningRate=0.1,1"]);
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("lerningRate")]);
  const alone = await runCli(["train", "--config", path("config.json"), "--tune-steps", "4"]);
  expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining("give it, too")]);
  const resumed = await runCli(["train", "--tune", "--resume", path("tuning/trials/1")]);
  expect([resumed.code, resumed.stderr]).toEqual([2, expect.stringContaining("without --resume")]);
});
