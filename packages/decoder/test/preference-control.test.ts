import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DecodingConfig, preferenceGrid, type Generation } from "@uniarm/core/schema";
import { collect, expectNoTensorLeak, temporaryFolder } from "@uniarm/core/testing";
import { decode } from "../src/decode.ts";
import { guidanceAt } from "../src/guidances.ts";
import { controlled } from "../src/preference-control.ts";
import { planBatches, type DecodingRow } from "../src/rows.ts";
import type { DecodingInput } from "./inputs.ts";
import { writeTinyWorld } from "./tiny-checkpoint.ts";

const PROMPTS = ["Hi", "What now?", "Where?"].map((text, index) => ({ id: `p${index}`, text }));
const GRID = preferenceGrid(2, 4);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let uniarm: { model: string; checkpoint: string };
beforeAll(async () => {
  folder = await temporaryFolder();
  uniarm = await writeTinyWorld(folder.path, "uniarm");
});
afterAll(() => folder.remove());

const configOf = (input: Partial<DecodingInput> = {}): DecodingConfig =>
  DecodingConfig.parse({ ...uniarm, prompts: PROMPTS, preferences: GRID, maxNewTokens: 6, strength: 2, ...input });
const generationsOf = async (config: DecodingConfig): Promise<Generation[]> =>
  (await collect(decode(config))).flatMap((event) => (event.type === "generation" ? [event.generation] : []));

/** What a control gives to many prompts, without a model. */
function givenRows(preferenceControl: "shuffled" | "random", prompts: number, changes: object = {}): DecodingRow[] {
  const config = configOf({ preferenceControl, ...changes });
  const encoded = Array.from({ length: prompts }, (_, index) => ({ id: `q${index}`, text: "q", ids: [1] }));
  const guide = (preference: readonly number[]): { preference: readonly number[]; coefficients: number[] } => ({
    preference,
    coefficients: [2],
  });
  const batches = planBatches(encoded, GRID.map(guide), config.samplesPerPrompt, 7);
  return controlled(batches, config, guide).flat();
}

test("rows of the fixed control are reported under their own preference and answered as at the fixed one", async () => {
  const fixed = await generationsOf(configOf({ preferenceControl: "fixed" }));
  const at = await generationsOf(configOf({ preferences: [[0.5, 0.5]] }));
  expect(fixed.map(({ preference }) => preference)).toEqual(PROMPTS.flatMap(() => GRID));
  for (const { promptId, tokenIds } of fixed)
    expect(tokenIds).toEqual(at.find((one) => one.promptId === promptId)!.tokenIds);
  const own = await generationsOf(configOf());
  expect(own.map(({ text }) => text)).not.toEqual(fixed.map(({ text }) => text)); // the preference does something here
});

test("shuffled rows have the answers of the run at the preferences that they were dealt", async () => {
  const own = await generationsOf(configOf());
  const config = configOf({ preferenceControl: "shuffled", seed: 3 });
  const shuffled = await generationsOf(config);
  const encoded = PROMPTS.map((prompt) => ({ ...prompt, ids: [1] }));
  const guide = (preference: readonly number[]): { preference: readonly number[]; coefficients: number[] } => ({
    preference,
    coefficients: [2],
  });
  const rows = controlled(planBatches(encoded, GRID.map(guide), 1, 512), config, guide).flat();
  for (const { prompt, preference, given } of rows) {
    const answer = (all: Generation[], at: readonly number[] | null): number[] =>
      all.find((one) => one.promptId === prompt.id && one.preference!.join() === at!.join())!.tokenIds;
    expect(answer(shuffled, preference)).toEqual(answer(own, given!));
  }
});

describe("what is given", () => {
  test("shuffled deals every preference of the run once to each prompt and sample", () => {
    const rows = givenRows("shuffled", 40, { samplesPerPrompt: 2, sampling: { temperature: 1 } });
    for (const [, dealt] of Map.groupBy(rows, ({ prompt, sample }) => `${prompt.id} ${sample}`))
      expect(dealt.map(({ given }) => given!.join()).sort()).toEqual(GRID.map((one) => one.join()).sort());
    // own places included: 1 in 5 of 400; five binomial standard deviations of 8 are 40
    const same = rows.filter(({ preference, given }) => preference!.join() === given!.join()).length;
    expect(same).toBeGreaterThan(40);
    expect(same).toBeLessThan(120);
  });

  test("random draws from the whole simplex, unrelated to the row's own preference", () => {
    const rows = givenRows("random", 400);
    for (const { given } of rows) expect(given!.reduce((sum, entry) => sum + entry, 0)).toBeCloseTo(1, 6);
    for (const preference of GRID) {
      const own = rows.filter((row) => row.preference!.join() === preference.join());
      const mean = own.reduce((sum, { given }) => sum + given![0]!, 0) / own.length;
      expect(Math.abs(mean - 0.5)).toBeLessThan(5 / Math.sqrt(12 * own.length)); // uniform on [0, 1]
    }
  });

  test.each(["shuffled", "random"] as const)("%s depends on the seed, and not on the batch", (control) => {
    const of = (changes: object): unknown => givenRows(control, 5, changes).map(({ given }) => given);
    expect(of({ seed: 1 })).toEqual(of({ seed: 1 }));
    expect(of({ seed: 1 })).not.toEqual(of({ seed: 2 }));
  });
});

test("with one objective there is nothing else to be given", () => {
  const config = configOf({ preferenceControl: "random", preferences: [[1]] });
  expect(() => controlled([], config, () => ({ preference: [1], coefficients: [1] }))).toThrow(
    "Preference control random was given, but the checkpoint has one objective: every preference is [1]. Leave it out.",
  );
});

test("an output file of one control is not continued by another, nor by another seed", async () => {
  const output = join(folder.path, "controlled.jsonl");
  const config = configOf({ output, preferenceControl: "random", seed: 1 });
  await expectNoTensorLeak(() => generationsOf(config));
  await expect(generationsOf({ ...config, preferenceControl: "none" })).rejects.toThrow(/preferenceControl/);
  await expect(generationsOf({ ...config, seed: 2 })).rejects.toThrow(/controlSeed/);
  expect(await generationsOf(config)).toHaveLength(15);
});

test("an ARM for each objective counts as the given preference says", () => {
  const manifest = { method: "genarm", objectives: [{}, {}] } as unknown as Parameters<typeof guidanceAt>[2];
  expect(guidanceAt([0.25, 0.75], 2, manifest, { rule: "product" }).coefficients).toEqual([0.5, 1.5]);
});

test.each<[Partial<DecodingInput>, string]>([
  [{ strength: 0 }, "at strength 0 the ARM counts nothing, whatever it is given"],
  [{ preferences: [[0.2, 0.8]] }, "one preference cannot be shuffled: give several"],
  [
    { preferences: [[0.5, 0.5]], preferenceControl: "fixed" },
    "the only preference that is asked for is the fixed one already",
  ],
  [
    { coefficients: GRID.map(() => [1, 1]), strength: 1 },
    "free coefficients take the place of the preference: a control would not be what ARMs are given",
  ],
  [
    { checkpoint: undefined, preferences: undefined },
    "a control needs a checkpoint: without one there is no ARM to be given a preference",
  ],
])("%o: a control without effect is refused", (input, sentence) => {
  expect(() => configOf({ preferenceControl: "shuffled", ...input })).toThrow(sentence);
});
