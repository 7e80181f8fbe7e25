import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRandom, findCheckpoint } from "@uniarm/core";
import { temporaryFolder } from "@uniarm/core/testing";
import { makePairs, makeTexts, tinyWorldModel, tinyWorldObjectives, validationPrompts } from "@uniarm/tiny-world";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../run-cli.ts";

const TINY_WORLD = '{"type":"tiny-world","objectives":2}';
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  const texts = makeTexts(16, createRandom(0));
  const pairs = texts.map(({ prompt, response }) => ({
    prompt,
    responses: [response, "Wear thick gloves."] as [string, string],
  }));
  const lines = makePairs(pairs, tinyWorldObjectives(2)).map((pair) => JSON.stringify(pair));
  await writeFile(join(folder, "pairs.jsonl"), lines.join("\n"));
  const prompts = validationPrompts().slice(0, 2);
  await writeFile(join(folder, "prompts.jsonl"), prompts.map((one) => JSON.stringify(one)).join("\n"));
});
afterAll(async () => remove());

/** `uniarm train` with few steps and one round of few. */
const trainArgs = (output: string, more: readonly string[] = []): string[] =>
  [
    ["train", "--model", tinyWorldModel("quick"), "--pairs", join(folder, "pairs.jsonl")],
    ["--output", join(folder, output), "--objectives", JSON.stringify(tinyWorldObjectives(2))],
    ["--recipe", "imitation", "--steps", "3", "--batch-pairs", "4", "--adapter", '{"kind":"moslora","rank":2}'],
    ["--rounds", "1", "--round-steps", "2", "--round-prompts", "3", "--round-divisions", "1", "--round-samples", "1"],
    ["--scorer", TINY_WORLD],
    more,
  ].flat();
const heldOut = (): string[] => ["--validation-prompts", join(folder, "prompts.jsonl")];
const measured = (): string[] => [...heldOut(), "--protocol", TINY_WORLD, "--until", "all-rounds"];
const adapterOf = async (output: string): Promise<Buffer> =>
  readFile(join((await findCheckpoint(join(folder, output)))!, "adapter.safetensors"));

test("train --rounds says what each round brought, and leaves one ARM", async () => {
  const { code, stdout, stderr } = await runCli(trainArgs("calm", measured()));
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/^round 0: hypervolume .*, mean inner product /m);
  expect(stderr).toMatch(/^Round 1: 6 answers to 3 prompts gave \d new pairs, now \d+\./m);
  expect(stderr).toMatch(/^round 1: hypervolume .*, mean inner product /m);
  expect(stdout).toBe(`Trained for 5 steps; the checkpoint is in ${join(folder, "calm")}.\n`);
  expect(await findCheckpoint(join(folder, "calm"))).toBe(join(folder, "calm/checkpoints/step-000005"));

  const again = await runCli(trainArgs("calm", measured()));
  expect(again.code).toBe(2);
  expect(again.stderr).toContain("already has a run. Resume it: uniarm train --resume");
});

test("train --rounds --json gives its events as lines, without fronts where nothing is held out", async () => {
  const { code, stdout, stderr } = await runCli(trainArgs("json", ["--json"]));
  expect(code, stderr).toBe(0);
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; step?: number; values?: Record<string, number> });
  expect(events[0]).toEqual({ type: "started", kind: "train", total: 5 });
  expect(events.at(-1)!.type).toBe("finished");
  expect(events.filter(({ type }) => type === "report")).toEqual([]);
  const steps = events.flatMap(({ type, step, values }) =>
    type === "metric" && values?.loss !== undefined ? [[step, values.round]] : [],
  );
  expect(steps).toEqual([1, 2, 3, 4, 5].map((step) => [step, step > 3 ? 1 : 0]));
});

test.each([
  ["training", '"phase":"train","done":4,'],
  ["answering", '"phase":"answers of round 1"'],
])("Ctrl-C while a round is %s keeps what was done, and --resume ends with the same ARM", async (phase, line) => {
  let sent = false;
  const first = await runCli(trainArgs(phase, [...measured(), "--json"]), (printed, kill) => {
    if (sent || !printed.includes(line)) return;
    sent = true;
    kill("SIGINT");
  });
  expect(first.code).toBe(130);
  expect(first.stdout.match(/"type":"stopped"/g)).toHaveLength(1);
  expect(first.stdout).toContain(`nothing is lost. Resume with: uniarm train --resume ${join(folder, phase)}`);
  const second = await runCli(["train", "--resume", join(folder, phase)]);
  expect(second.code, second.stderr).toBe(0);
  expect((await adapterOf(phase)).equals(await adapterOf("calm"))).toBe(true);
});

test("train --rounds without a scorer, or with held-out prompts and no protocol, begins nothing", async () => {
  const unscored = await runCli(trainArgs("wrong").filter((arg) => arg !== "--scorer" && arg !== TINY_WORLD));
  expect(unscored.code).toBe(2);
  expect(unscored.stderr).toContain("--scorer");
  const unmeasured = await runCli(trainArgs("wrong", heldOut()));
  expect(unmeasured.code).toBe(2);
  expect(unmeasured.stderr).toContain("--protocol: validationPrompts and protocol go together: give both, or neither");
});
