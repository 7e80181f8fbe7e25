import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryFolder, writeTinyModel } from "@uniarm/core/testing";
import { runCli } from "../run-cli.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

test("a run whose loss is not finite ends with exit code 3, and its last sound checkpoint decodes", async () => {
  const path = (name: string): string => join(folder.path, name);
  await writeTinyModel(path("model"));
  const pairs = ["lamp", "kite", "drum"].flatMap((object) => [
    { prompt: `Clean the ${object}?`, responses: ["Rub it.", "Careful."], winners: { helpful: 0, harmless: 1 } },
    { prompt: `Mend the ${object}?`, responses: ["Ask.", "Use glue."], winners: { helpful: 1, harmless: 0 } },
  ]);
  await writeFile(path("pairs.jsonl"), pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(""));
  const config = {
    model: path("model"),
    pairs: path("pairs.jsonl"),
    output: path("run"),
    steps: 6,
    batchPairs: 2,
    objectives: ["helpful", "harmless"].map((name) => ({ name, description: name })),
    optimizer: { learningRate: 1e30 },
  };
  await writeFile(path("config.json"), JSON.stringify(config));
  const trained = await runCli(["train", "--config", path("config.json"), "--json"]);
  expect(trained.code).toBe(3);
  const events = trained.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; code?: string; message?: string });
  expect(events.at(-2)!.type).toBe("checkpoint");
  expect(events.at(-1)).toMatchObject({ type: "error", code: "training-not-finite" });
  expect(events.at(-1)!.message).toContain("Training stopped at step 3 of 6: the loss of helpful and harmless is ");

  await writeFile(path("prompts.jsonl"), '{"id":"a","text":"Clean the lamp?"}\n');
  const given = ["--model", path("model"), "--checkpoint", path("run"), "--prompts", path("prompts.jsonl")];
  const asked = ["--preferences", "[[0.5,0.5]]", "--max-new-tokens", "4", "--output", path("generations.jsonl")];
  const decoded = await runCli(["decode"].concat(given, asked));
  expect(decoded.stderr).not.toContain("error");
  expect(decoded.code).toBe(0);

  const resumed = await runCli(["train", "--resume", path("run"), "--skip-not-finite", "3"]);
  expect(resumed.stderr).toContain("(1 of at most 3)");
  expect(resumed.code).toBe(3); // more steps are left out, but weights that give no loss are not saved
});

test("the exit codes are in the help", async () => {
  const { stdout } = await runCli(["--help"]);
  expect(stdout.replaceAll(/\s+/g, " ")).toContain(
    "2 bad input (the message says what to do), 3 training stopped at a number that is not finite (the last sound checkpoint is kept), 130 interrupted",
  );
});
