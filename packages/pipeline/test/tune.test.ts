import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TrainingConfig } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { tinyWorldModel, tinyWorldObjectives } from "@uniarm/tiny-world";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tune, usualSearch, type TuneOptions, type Tuning } from "../src/index.ts";
import { sweptRuns, type SweepSearch } from "../src/schema/index.ts";
import { jsonLines, worldPairs } from "./explore/round-run.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

async function settings(changes: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  const [pairs, validationPairs] = [join(folder.path, "pairs.jsonl"), join(folder.path, "held-out.jsonl")];
  await writeFile(pairs, jsonLines(worldPairs(24)));
  await writeFile(validationPairs, jsonLines(worldPairs(12, 1)));
  return {
    model: tinyWorldModel("quick"),
    pairs,
    validationPairs,
    output: join(folder.path, "tuning"),
    objectives: tinyWorldObjectives(2),
    batchPairs: 4,
    beta: 0.5,
    steps: 1000,
    optimizer: { learningRate: 0.002, warmupSteps: 20 }, // longer than a trial
    adapter: { kind: "moslora", rank: 2 },
    ...changes,
  };
}

const RATES: SweepSearch = { type: "grid", fields: { "optimizer.learningRate": [0.00001, 0.01, 1e30] } };
const OPTIONS: TuneOptions = { search: RATES, steps: 6, metric: "validation/loss" };

async function tuned(
  given: Record<string, unknown>,
  options = OPTIONS,
): Promise<{ tuning: Tuning | null; trials: string[] }> {
  const events = tune(given, options);
  const trials: string[] = [];
  for (;;) {
    const next = await events.next();
    if (next.done) return { tuning: next.value, trials: [...new Set(trials)] };
    trials.push(next.value.trial);
  }
}

test("settings are ranked by held-out pairs; a trial whose loss is not finite is last, with its sentence", async () => {
  const given = await settings();
  const { tuning } = await tuned(given);
  expect(tuning!.trials.map(({ name }) => name)).toEqual([
    "learningRate=0.01",
    "learningRate=0.00001",
    "learningRate=1e+30",
  ]);
  const [best, other, failed] = tuning!.trials;
  expect(best!.value).toBeLessThan(other!.value!);
  expect(failed).toMatchObject({
    value: null,
    failure: expect.stringMatching(/^Training stopped at step [23] of 6: the loss of .* is NaN/) as string,
  });
  expect(tuning!.best).toEqual({ ...given, optimizer: { learningRate: 0.01, warmupSteps: 20 } });
  const stored = JSON.parse(await readFile(join(given.output as string, "tuning.json"), "utf8")) as Tuning;
  expect(stored).toEqual(tuning);
});

test("accuracy is better where it is larger", async () => {
  const { tuning } = await tuned(await settings(), { ...OPTIONS, metric: "validation/accuracy" });
  const values = tuning!.trials.flatMap(({ value }) => value ?? []);
  expect(values).toEqual(values.toSorted((a, b) => b - a));
});

test("what was tried is not tried again, and a trial that was killed before its note is made anew", async () => {
  const given = await settings();
  const first = await tuned(given);
  expect(first.trials).toHaveLength(3);
  expect(await tuned(given)).toEqual({ tuning: first.tuning, trials: [] });
  await rm(join(given.output as string, "trials/2/trial.json"));
  expect(await tuned(given)).toEqual({ tuning: first.tuning, trials: ["learningRate=0.01"] });
});

test("a signal stops it between two steps, and the same call goes on", async () => {
  const given = await settings();
  const stop = new AbortController();
  const events = tune(given, { ...OPTIONS, signal: stop.signal });
  for (;;) {
    const next = await events.next();
    if (next.done) {
      expect(next.value).toBeNull();
      break;
    }
    if (next.value.trial === "learningRate=0.01" && next.value.event.type === "progress") stop.abort();
  }
  await stat(join(given.output as string, "trials/1/trial.json"));
  const { tuning, trials } = await tuned(given);
  expect(trials).toEqual(["learningRate=0.01", "learningRate=1e+30"]);
  expect(tuning!.trials[0]!.name).toBe("learningRate=0.01");
});

test("other settings do not mix with the trials of a folder", async () => {
  await tuned(await settings());
  await expect(tuned(await settings({ seed: 1 }))).rejects.toMatchObject({
    code: "tune-changed",
    message: expect.stringContaining("a trial of other settings") as string,
  });
});

test.each([
  [{ validationPairs: undefined }, {}, /give them with --validation-pairs/],
  [{}, { metric: "accuracy" }, /does not measure accuracy.*validation\/accuracy/],
  [{}, { search: { type: "grid", fields: { beta: [1] } } }, /leaves nothing to choose/],
  [{}, { search: { type: "grid", fields: { seed: Array.from({ length: 51 }, (_, seed) => seed) } } }, /51 trials/],
  [{}, { search: { type: "grid", fields: { batchPairs: [4, -1] } } }, /With batchPairs=-1 the settings do not hold/],
] as const)("what cannot be tuned is refused: %j %j", async (changes, options, says) => {
  const given = await settings(changes);
  await expect(tuned(given, { ...OPTIONS, ...(options as Partial<TuneOptions>) })).rejects.toMatchObject({
    code: "tune-invalid",
    message: expect.stringMatching(says) as string,
  });
});

test("usually the learning rate and beta are tried, where the loss has one", async () => {
  const names = async (changes: Record<string, unknown>): Promise<string[]> => {
    const run = TrainingConfig.parse(await settings(changes));
    return sweptRuns({ base: {}, search: usualSearch(run) }).map(({ name }) => name);
  };
  const rates = ["0.000667", "0.002", "0.006"].map((rate) => `learningRate=${rate}`);
  expect(await names({})).toEqual(rates.flatMap((rate) => [0.167, 0.5, 1.5].map((beta) => `${rate}, beta=${beta}`)));
  expect(await names({ recipe: "imitation", beta: undefined })).toEqual(rates);
});
