import { createRandom } from "@uniarm/core";
import { expect, test } from "vitest";
import {
  crossedSpread,
  holm,
  methodPermutation,
  neededPrompts,
  neededSeeds,
  power,
  rewardTable,
  seedMean,
  spreadInterval,
  spreadTest,
  type RewardTable,
} from "../../src/index.ts";
import { figuresOf } from "../../src/figures.ts";
import { pseudoValues } from "../../src/statistics/jackknife.ts";
import { normalBelow, studentQuantile, studentWithin } from "../../src/statistics/student.ts";
import { expectRefusal } from "../support/refusal.ts";
import { circleScores, config } from "../support/scores.ts";

const names = ["helpful", "harmless"];
const tableOf = (seed: number, options = {}): RewardTable =>
  rewardTable(circleScores(createRandom(seed), options), names);

test("Student's and the normal distribution have the values of printed tables, for fractions in between", () => {
  expect(studentWithin(1, 1)).toBeCloseTo(0.5, 12); // Cauchy's quartile
  expect(studentWithin(Math.SQRT2, 2)).toBeCloseTo(Math.SQRT1_2, 12); // t / sqrt(2 + t^2)
  expect(studentQuantile(0.95, 120)).toBeCloseTo(1.9799, 4);
  expect(studentQuantile(0.95, 4.5)).toBeGreaterThan(studentQuantile(0.95, 5));
  expect(studentQuantile(0.95, 4.5)).toBeLessThan(studentQuantile(0.95, 4));
  expect(studentQuantile(0.95, 1e6)).toBeCloseTo(1.95997, 4);
  expect([normalBelow(0), normalBelow(1.959963985), normalBelow(-1), normalBelow(-40), normalBelow(40)]).toEqual([
    0.5,
    expect.closeTo(0.975, 9),
    expect.closeTo(0.15865525393, 9),
    0,
    1,
  ]);
});

test("Holm's correction is that of its definition, in the order given", () => {
  const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
  [0.03, 0.06, 0.06, 0.02].forEach((value, index) => expect(adjusted[index]).toBeCloseTo(value, 12));
  expect(holm([0.9, 0.6])).toEqual([1, 1]);
  expect([holm([]), holm([0.2])]).toEqual([[], [0.2]]);
});

test("with one seed the standard error is that of a mean over prompts, with more and no prompt effect that over seeds", () => {
  const [one] = [[1, 2, 4, 9]];
  const alone = crossedSpread([one], ["", "", "", ""])!;
  expect(alone.standardError).toBeCloseTo(Math.sqrt((9 + 4 + 0 + 25) / 3 / 4), 12);
  expect([alone.degrees, alone.components.seed]).toEqual([3, null]);
  const seeds = [3, 5, 4].map((value) => [value, value, value]);
  const spread = crossedSpread(seeds, ["", "", ""])!;
  expect(spread.components).toEqual({ seed: 1, prompt: 0, both: 0 });
  const student = seedMean([3, 5, 4]).interval!;
  const { low, high } = spreadInterval(4, spread, 0.95);
  expect(low).toBeCloseTo(student.low, 10);
  expect(high).toBeCloseTo(student.high, 10);
});

test("prompts vary within their strata alone, and as many strata as prompts say nothing", () => {
  const { standardError, degrees } = crossedSpread([[1, 1, 5, 5]], ["a", "a", "b", "b"])!;
  expect([standardError, degrees]).toEqual([0, 2]);
  expect(crossedSpread([[1, 5]], ["a", "b"])).toBeNull();
});

test("variance components are found again in drawn contributions", () => {
  const random = createRandom(2);
  const [seed, prompt, both] = [0.5, 2, 1];
  const prompts = Array.from({ length: 400 }, () => prompt * random.normal());
  const rows = Array.from({ length: 40 }, () => {
    const own = seed * random.normal();
    return prompts.map((shared) => own + shared + both * random.normal());
  });
  const { components } = crossedSpread(rows, Array<string>(400).fill(""))!;
  expect(components.both).toBeCloseTo(both ** 2, 1);
  expect(Math.abs(components.prompt! / prompt ** 2 - 1)).toBeLessThan(0.2); // 399 degrees: deviation .07
  expect(Math.abs(components.seed! / seed ** 2 - 1)).toBeLessThan(0.6); // 39 degrees: deviation .23
});

test("rows of another length are refused, and what does not vary has no test", async () => {
  await expectRefusal(
    () => crossedSpread([[1, 2], [1]], ["", ""]),
    "contributions-shape",
    "[2, 1] contributions for 2 prompts",
  );
  expect(spreadTest(1, crossedSpread([[1, 1, 1]], ["", "", ""])!)).toBeNull();
});

test("pseudo-values of a mean are the prompts' own values, those of hypervolume are a slow twin's", () => {
  const table = tableOf(1, { prompts: 7 });
  const values = pseudoValues(table, config);
  const products = table.promptIds.map((_, prompt) =>
    table.preferences.reduce(
      (sum, preference, w) =>
        sum + preference.reduce((inner, entry, k) => inner + entry * table.rewards[(w * 7 + prompt) * 2 + k]!, 0) / 11,
      0,
    ),
  );
  products.forEach((value, prompt) => expect(values.meanInnerProduct[prompt]).toBeCloseTo(value, 10));
  const whole = figuresOf(table, config).hypervolume;
  for (const prompt of [0, 3, 6]) {
    const without = figuresOf(
      table,
      config,
      Float64Array.from({ length: 7 }, (_, index) => (index === prompt ? 0 : 1)),
    );
    expect(values.hypervolume[prompt]).toBeCloseTo(7 * whole - 6 * without.hypervolume, 10);
  }
  const [single] = [tableOf(1, { prompts: 1 })];
  expect(pseudoValues(single, config).hypervolume[0]).toBe(figuresOf(single, config).hypervolume);
});

test("exchanging few prompts enumerates every exchange: p is that of a slow twin that exchanges rows", () => {
  const [one, other] = [tableOf(1, { prompts: 6 }), tableOf(2, { prompts: 6, radius: 1.1 })];
  const exchanged = (mask: number): [RewardTable, RewardTable] => {
    const swap = (mine: RewardTable, theirs: RewardTable): RewardTable => ({
      ...mine,
      rewards: mine.rewards.map((value, place) =>
        (mask >> (Math.floor(place / 2) % 6)) & 1 ? theirs.rewards[place]! : value,
      ),
    });
    return [swap(one, other), swap(other, one)];
  };
  const differences = Array.from({ length: 64 }, (_, mask) => {
    const [first, second] = exchanged(mask).map((table) => figuresOf(table, config));
    return {
      hypervolume: first!.hypervolume - second!.hypervolume,
      meanInnerProduct: first!.meanInnerProduct - second!.meanInnerProduct,
    };
  });
  const found = methodPermutation([[one, other]], config, { permutations: 100, random: createRandom(1) });
  for (const figure of ["hypervolume", "meanInnerProduct"] as const) {
    const observed = Math.abs(differences[0]![figure]) - 1e-12;
    expect(found[figure]).toBe(differences.filter((one_) => Math.abs(one_[figure]) >= observed).length / 64);
  }
});

test("a method differs from itself by nothing at every exchange, and from a better one at the least p there is", () => {
  const [one, better] = [tableOf(1, { prompts: 30 }), tableOf(1, { prompts: 30, radius: 2 })];
  const settings = { permutations: 199, random: createRandom(1) };
  expect(methodPermutation([[one, one]], config, settings)).toEqual({ hypervolume: 1, meanInnerProduct: 1 });
  const least = { hypervolume: 1 / 200, meanInnerProduct: 1 / 200 };
  expect(methodPermutation([[better, one]], config, settings)).toEqual(least);
  expect(methodPermutation([[one, better]], config, settings)).toEqual(least);
});

test("2000 permutations of 100 prompts at 11 preferences take about a second", () => {
  const [one, other] = [tableOf(1, { prompts: 100 }), tableOf(2, { prompts: 100 })];
  const start = performance.now();
  methodPermutation([[one, other]], config, { permutations: 2000, random: createRandom(1) });
  expect(performance.now() - start).toBeLessThan(5000); // .2 s on an idle core; others share this one
});

test("power is the level where nothing differs to speak of, rises with seeds and prompts, and says what is needed", () => {
  const components = { seed: 0.01, prompt: 0.5, both: 1 };
  const at = (difference: number, seeds: number, prompts: number): number =>
    power({ difference, components }, { seeds, prompts });
  expect(at(1e-9, 200, 1000)).toBeCloseTo(0.05, 3);
  expect(at(0.2, 5, 100)).toBeGreaterThan(at(0.2, 4, 100));
  expect(at(0.2, 5, 100)).toBeGreaterThan(at(0.2, 5, 50));
  // many seeds and prompts: the normal formula, (1.96 + .8416)^2 V / d^2 at 80 %
  const prompts = neededPrompts({ difference: 0.1, components: { seed: 0, prompt: 1, both: 0 } }, 1000).value!;
  expect(Math.abs(prompts - (1.95996 + 0.84162) ** 2 / 0.01)).toBeLessThan(4);
  const seeds = neededSeeds({ difference: 0.3, components }, 100).value!;
  expect(at(0.3, seeds, 100)).toBeGreaterThanOrEqual(0.8);
  expect(at(0.3, seeds - 1, 100)).toBeLessThan(0.8);
});

test("what no number of seeds can separate has no number, with the reason", async () => {
  const question = { difference: 0.01, components: { seed: 0, prompt: 1, both: 0 } };
  expect(neededSeeds(question, 50)).toEqual({
    value: null,
    reason: "With 50 prompts, no number of seeds up to 1000000 separates the methods with probability 0.8.",
  });
  await expectRefusal(
    () => power({ ...question, difference: 0 }, { seeds: 3, prompts: 9 }),
    "power-question",
    "a difference of 0",
  );
  await expectRefusal(() => power(question, { seeds: 1, prompts: 9 }), "power-question", "at least two of each");
  await expectRefusal(
    () => power({ difference: 1, components: { seed: -1, prompt: 1, both: 0 } }, { seeds: 3, prompts: 9 }),
    "power-question",
    "a variance of -1 for seed",
  );
});
