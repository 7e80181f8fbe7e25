import { expect, test } from "vitest";
import { createRandom } from "@uniarm/core";
import { planBatches, split, stepsOf } from "../src/batches.ts";

const lengths = Array.from({ length: 96 }, (_, index) => 10 + ((index * 37) % 50));
const plan = (seed = 0): ((step: number) => readonly number[]) => planBatches(lengths, 4, createRandom(seed));
const steps = (count: number): number[] => Array.from({ length: count }, (_, step) => step);

test("an epoch shows every example once, the next one again in another order", () => {
  const batchAt = plan();
  const drawn = steps(48).map(batchAt);
  const sorted = (batches: readonly (readonly number[])[]): number[] => batches.flat().sort((a, b) => a - b);
  expect(sorted(drawn.slice(0, 24))).toEqual(lengths.map((_, index) => index));
  expect(sorted(drawn.slice(24))).toEqual(lengths.map((_, index) => index));
  expect(drawn.slice(24)).not.toEqual(drawn.slice(0, 24));
});

test("the batch of a step depends on seed and step alone, whichever steps were asked for before", () => {
  const straight = plan();
  const expected = steps(40).map(straight);
  expect(steps(40).reverse().map(plan()).reverse()).toEqual(expected);
  expect(steps(40).map(plan(1))).not.toEqual(expected);
});

test("examples of a batch have lengths closer together than a random batch's", () => {
  const spread = (batch: readonly number[]): number =>
    Math.max(...batch.map((index) => lengths[index]!)) - Math.min(...batch.map((index) => lengths[index]!));
  const mean = (batches: readonly (readonly number[])[]): number =>
    batches.reduce((sum, batch) => sum + spread(batch), 0) / batches.length;
  const random = split(createRandom(0).shuffle(lengths.map((_, index) => index)), 24);
  expect(mean(steps(24).map(plan()))).toBeLessThan(mean(random) / 2);
});

test("every batch is full, also where an epoch ends inside it or the data are fewer than a batch", () => {
  const batchAt = planBatches([5, 6, 7], 8, createRandom(0));
  const drawn = steps(24).map(batchAt);
  expect(drawn.every((batch) => batch.length === 8)).toBe(true);
  for (const example of [0, 1, 2]) expect(drawn.flat().filter((index) => index === example)).toHaveLength(64);
});

test("epochs come to their number of steps, at least one", () => {
  expect(stepsOf(2, 4000, 32)).toBe(250);
  expect(stepsOf(0.001, 100, 32)).toBe(1);
});

test("a batch is cut into equal parts in order", () => {
  expect(split([1, 2, 3, 4, 5, 6], 3)).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
});
