import { createRandom } from "@uniarm/core";
import { preferenceGrid } from "@uniarm/core/schema";
import { expect, test } from "vitest";
import { preferenceEffect, rewardTable, type RewardTable } from "../../src/index.ts";
import { circleScores, config, scoreOf } from "../support/scores.ts";

const names = ["helpful", "harmless"];
const { normaliser } = config;
const settings = { permutations: 999, random: createRandom(1) };
const tableOf = (rewardsAt: (preference: readonly number[], prompt: number) => [number, number]): RewardTable =>
  rewardTable(
    preferenceGrid(2, 4).flatMap((preference) =>
      Array.from({ length: 12 }, (_, prompt) => scoreOf(`p${prompt}`, [...preference], rewardsAt(preference, prompt))),
    ),
    names,
  );

test("what follows the preference gains, with the least p there is; what goes against it loses as much", () => {
  const steered = preferenceEffect(
    tableOf(([a, b]) => [a!, b!]),
    normaliser,
    settings,
  );
  // mean of (a - 1/2)^2 twice over 0, 1/4, ... 1
  expect(steered.gain.value).toBeCloseTo((2 * (0.25 + 0.0625 + 0 + 0.0625 + 0.25)) / 5, 12);
  expect(steered.pValue.value).toBe(1 / 1000);
  const against = preferenceEffect(
    tableOf(([a, b]) => [b!, a!]),
    normaliser,
    settings,
  );
  expect(against.gain.value).toBeCloseTo(-steered.gain.value!, 12);
  expect(against.pValue.value).toBe(1 / 1000);
});

test("answers that are the same at every preference gain nothing, and no permutation changes that", () => {
  const { gain, pValue } = preferenceEffect(
    tableOf((_, prompt) => [prompt / 7, 1]),
    normaliser,
    settings,
  );
  expect(gain.value).toBeCloseTo(0, 12);
  expect(pValue.value).toBe(1);
});

test("on answers that ignore the preference, p is small as often as it says", () => {
  const random = createRandom(3);
  const trials = 300;
  let small = 0;
  for (let trial = 0; trial < trials; trial++) {
    const table = tableOf(() => [random.normal(), random.normal()]);
    if (preferenceEffect(table, normaliser, { permutations: 99, random }).pValue.value! <= 0.1) small += 1;
  }
  expect(Math.abs(small / trials - 0.1)).toBeLessThan(0.052); // three standard deviations of a share of 300
});

test("a slow twin that permutes whole tables finds the same p", () => {
  const table = rewardTable(circleScores(createRandom(2), { prompts: 6, divisions: 2, noise: 2 }), names);
  const { pValue } = preferenceEffect(table, normaliser, { permutations: 4000, random: createRandom(4) });
  const random = createRandom(5);
  const product = (orders: readonly number[][]): number =>
    orders.reduce(
      (sum, order, prompt) =>
        sum +
        order.reduce((inner, from, w) => {
          const start = (from * 6 + prompt) * 2;
          return inner + table.preferences[w]!.reduce((one, entry, k) => one + entry * table.rewards[start + k]!, 0);
        }, 0),
      0,
    );
  const still = Array.from({ length: 6 }, () => [0, 1, 2]);
  const permuted = Array.from({ length: 4000 }, () => product(still.map((order) => random.shuffle(order))));
  const centre = product(still);
  const middle = permuted.reduce((sum, value) => sum + value, 0) / 4000;
  const share = permuted.filter((value) => Math.abs(value - middle) >= Math.abs(centre - middle)).length / 4000;
  expect(Math.abs(share - pValue.value!)).toBeLessThan(0.035); // two simulations of 4000, and the middle of one
});

test("one preference has no effect to test, and without permutations there is no p", () => {
  const one = rewardTable([scoreOf("a", [1, 0], [1, 2])], names);
  const reason = "There is one preference: nothing can follow it.";
  expect(preferenceEffect(one, normaliser, settings)).toEqual({
    gain: { value: null, reason },
    pValue: { value: null, reason },
  });
  const table = tableOf(([a, b]) => [a!, b!]);
  expect(preferenceEffect(table, normaliser, { ...settings, permutations: 0 }).pValue).toEqual({
    value: null,
    reason: "No permutations were asked for (permutations: 0).",
  });
});
