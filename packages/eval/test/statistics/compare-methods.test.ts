import { createRandom } from "@uniarm/core";
import { MethodComparison, type Score } from "@uniarm/core/schema";
import { expect, test } from "vitest";
import { compareMethods, constantFront, formatMethods, pairedSeeds, type MethodScores } from "../../src/index.ts";
import { expectRefusal } from "../support/refusal.ts";
import { circleScores, config, scoreOf } from "../support/scores.ts";

const settings = { ...config, permutations: 199 };
const trained = (name: string, radius: number, seeds: number[]): MethodScores => ({
  name,
  runs: seeds.map((seed) => ({
    seed,
    scores: circleScores(createRandom(100 * radius + seed), { radius, prompts: 12 }),
  })),
});
const base: MethodScores = {
  name: "base",
  runs: [
    {
      seed: null,
      scores: constantFront(
        Array.from({ length: 12 }, (_, prompt): Score => scoreOf(`task-${prompt}`, null, [0.2 + prompt / 50, 0.3])),
        Array.from({ length: 11 }, (_, step) => [step / 10, 1 - step / 10]),
      ),
    },
  ],
};
const methods = [base, trained("parm", 1, [0, 1, 2]), trained("uniarm", 3, [0, 1, 2])];

test("methods have means over seeds, pairs their differences over common seeds, and all of it is plain data", () => {
  const comparison = compareMethods(methods, settings);
  expect(MethodComparison.parse(JSON.parse(JSON.stringify(comparison)))).toEqual(comparison);
  expect(comparison.methods.map(({ name, seeds }) => [name, seeds])).toEqual([
    ["base", []],
    ["parm", [0, 1, 2]],
    ["uniarm", [0, 1, 2]],
  ]);
  expect(comparison.methods.map(({ hypervolume }) => hypervolume.over)).toEqual([
    "prompts",
    "seeds and prompts",
    "seeds and prompts",
  ]);
  expect(comparison.pairs.map(({ first, second, seeds }) => [first, second, seeds.length])).toEqual([
    ["base", "parm", 3],
    ["base", "uniarm", 3],
    ["parm", "uniarm", 3],
  ]);
  const [, parm, uniarm] = comparison.methods;
  const { difference, tests } = comparison.pairs[2]!.hypervolume;
  expect(difference.value).toBeCloseTo(parm!.hypervolume.value - uniarm!.hypervolume.value, 12);
  expect(difference.interval!.high).toBeLessThan(0);
  expect(tests.map(({ over, by }) => `${by}, ${over}`)).toEqual([
    "permutation, prompts",
    "sign flips, seeds",
    "Student, seeds and prompts",
  ]);
  expect(tests[1]!.pValue).toEqual({ value: 2 / 8 });
  expect(uniarm!.poolRegret.value).toBeLessThan(parm!.poolRegret.value);
  expect(comparison.pairs[2]!.coverageBack).toEqual({ value: 1 });
});

test("Holm's family is every pair and both figures tested over the same", () => {
  const { pairs } = compareMethods(methods, settings);
  const prompts = pairs.flatMap(({ hypervolume, meanInnerProduct }) =>
    [hypervolume, meanInnerProduct].map(({ tests }) => tests[0]!),
  );
  expect(prompts).toHaveLength(6);
  const least = Math.min(...prompts.map(({ pValue }) => pValue.value!));
  const smallest = prompts.filter(({ pValue }) => pValue.value === least);
  expect(smallest[0]!.holm.value).toBeCloseTo(Math.min(1, 6 * least), 12);
  for (const { pValue, holm } of prompts) expect(holm.value).toBeGreaterThanOrEqual(pValue.value!);
});

test("with one seed there is one test, over prompts, and it says what it does not cover", () => {
  const comparison = compareMethods([trained("parm", 1, [7]), trained("uniarm", 1.4, [7])], settings);
  expect(comparison.pairs[0]!.hypervolume.tests.map(({ over }) => over)).toEqual(["prompts"]);
  expect(comparison.pairs[0]!.hypervolume.components!.seed).toBeNull();
  const text = formatMethods(comparison);
  expect(text).toContain("says nothing of other training seeds");
  expect(text).toContain("parm - uniarm");
  expect(formatMethods(compareMethods([trained("parm", 1, [7])], settings))).not.toContain("Holm");
});

test("seeds that only one of them has are left out of the difference, and no common one is refused", async () => {
  const [one, other] = [trained("parm", 1, [0, 1, 2]), trained("uniarm", 1.4, [2, 1, 5])];
  const { pairs } = compareMethods([one, other], settings);
  expect(pairs[0]!.seeds).toEqual([1, 2]);
  await expectRefusal(
    () => compareMethods([one, trained("uniarm", 1.4, [8])], settings),
    "methods-seeds",
    '"parm" was trained with the seeds [0, 1, 2], "uniarm" with [8]',
  );
});

test("the sign flips are those of the seeds' own figures", () => {
  const { pairs, methods: figures } = compareMethods(methods.slice(1), settings);
  const alone = methods
    .slice(1)
    .map(({ name, runs }) =>
      runs.map((run) => compareMethods([{ name, runs: [run] }], settings).methods[0]!.hypervolume.value),
    );
  expect(pairs[0]!.hypervolume.tests[1]!.pValue.value).toBe(pairedSeeds(alone[0]!, alone[1]!).pValue);
  expect(figures[0]!.hypervolume.value).toBeCloseTo(alone[0]!.reduce((sum, value) => sum + value, 0) / 3, 12);
});

test("regret against an optimum turns the mean inner product's interval; an optimum that is beaten is none", () => {
  const optimum = Array.from({ length: 11 }, () => [5, 5]);
  const [{ meanInnerProduct, optimumRegret }] = compareMethods(methods.slice(2), settings, { optimum }).methods as [
    MethodComparison["methods"][number],
  ];
  if (optimumRegret?.value == null) throw new Error("no regret");
  expect(optimumRegret.value).toBeCloseTo(5 - meanInnerProduct.value, 12);
  expect(optimumRegret.interval!.low).toBeCloseTo(5 - meanInnerProduct.interval!.high, 12);
  const beaten = compareMethods(methods.slice(2), settings, { optimum: optimum.map(() => [0, 0]) });
  expect(beaten.methods[0]!.optimumRegret).toMatchObject({
    value: null,
    reason: expect.stringContaining("more than the optimum's 0") as string,
  });
  expect(formatMethods(beaten)).toContain("more than the optimum's 0");
});

test("the same seed gives the same comparison, whatever the order of the scores", () => {
  const shuffled = methods.map(({ name, runs }) => ({
    name,
    runs: runs.map(({ seed, scores }) => ({ seed, scores: createRandom(1).shuffle(scores) })),
  }));
  expect(compareMethods(shuffled, settings)).toEqual(compareMethods(methods, settings));
});

test("methods that do not pair are refused with what differs, and so are names and seeds given twice", async () => {
  const refused = (given: MethodScores[], code: string, ...parts: string[]): Promise<void> =>
    expectRefusal(() => compareMethods(given, settings), code, ...parts);
  const [parm] = [methods[1]!];
  const fewer = { name: "few", runs: [{ seed: 0, scores: circleScores(createRandom(1), { prompts: 5 }) }] };
  await refused([parm, fewer], "fronts-not-comparable", '"parm" and "few, seed 0"', "they differ in prompts, strata");
  await refused([], "methods-empty", "No methods");
  await refused([parm, parm], "methods-names", 'Two methods are called "parm"');
  await refused([{ name: "x", runs: [] }], "methods-seeds", "has the seeds []");
  await refused([{ name: "x", runs: [parm.runs[0]!, parm.runs[0]!] }], "methods-seeds", "has the seeds [0, 0]");
  await refused([{ name: "x", runs: [base.runs[0]!, parm.runs[0]!] }], "methods-seeds", "has the seeds [null, 0]");
});

test("without permutations there is no test over prompts, and it says so", () => {
  const { pairs } = compareMethods(methods.slice(1), { ...settings, permutations: 0 });
  const [prompts, , both] = pairs[0]!.hypervolume.tests;
  const none = { value: null, reason: "No permutations were asked for (permutations: 0)." };
  expect([prompts!.pValue, prompts!.holm]).toEqual([none, none]);
  expect(both!.pValue.value).toBeGreaterThan(0);
});
