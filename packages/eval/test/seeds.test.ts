import { expect, test } from "vitest";
import { pairedSeeds, seedMean } from "../src/index.ts";

test.each([
  // two-sided 95 % quantiles of Student's distribution, from printed tables
  [2, 12.7062],
  [3, 4.3027],
  [4, 3.1824],
  [5, 2.7764],
  [10, 2.2622],
  [31, 2.0423],
])("the interval over %i seeds is Student's", (count, quantile) => {
  // alternating values: mean and deviation by hand
  const values = Array.from({ length: count }, (_, seed) => (seed % 2 === 0 ? 1 : 3));
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1));
  const { value, interval } = seedMean(values);
  expect(value).toBeCloseTo(mean, 12);
  expect(interval!.high - mean).toBeCloseTo((quantile * deviation) / Math.sqrt(count), 3); // tables have four decimals
  expect(mean - interval!.low).toBeCloseTo(interval!.high - mean, 12);
});

test("99 % of ten seeds is the printed quantile too", () => {
  const { value, interval } = seedMean([0, 1, 0, 1, 0, 1, 0, 1, 0, 1], 0.99);
  const deviation = Math.sqrt(10 * 0.25) / 3;
  expect(interval!.high - value).toBeCloseTo((3.2498 * deviation) / Math.sqrt(10), 4);
});

test("differences that all point one way are as unlikely as 2 of all signs", () => {
  const { difference, pValue } = pairedSeeds([3, 4, 5, 6, 8], [2, 2, 4, 5, 5]);
  expect(difference.value).toBeCloseTo(1.6, 12);
  expect(pValue).toBe(2 / 32);
});

test("the test counts signs as a slow twin does, and swapping the methods changes the sign alone", () => {
  const first = [0.61, 0.58, 0.66, 0.6, 0.63, 0.59];
  const second = [0.6, 0.6, 0.6, 0.61, 0.6, 0.57];
  const differences = first.map((value, seed) => value - second[seed]!);
  const sums = differences.reduce((all, value) => all.flatMap((sum) => [sum + value, sum - value]), [0]);
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  const { difference, pValue } = pairedSeeds(first, second);
  expect(pValue).toBe(sums.filter((sum) => Math.abs(sum) >= observed - 1e-12).length / 64);
  const swapped = pairedSeeds(second, first);
  expect(swapped.pValue).toBe(pValue);
  expect(swapped.difference.value).toBeCloseTo(-difference.value, 12);
});

test("equal figures differ by nothing: every sign is as far", () => {
  expect(pairedSeeds([1, 2, 3], [1, 2, 3])).toEqual({
    difference: { value: 0, interval: { low: 0, high: 0 } },
    pValue: 1,
  });
});

test("one seed, unpaired seeds and too many are refused", () => {
  expect(() => seedMean([1])).toThrow("An interval over seeds needs at least two of them; there is 1.");
  expect(() => pairedSeeds([1, 2], [1])).toThrow(
    "A paired test needs both methods at the same seeds; there are 2 and 1 figures.",
  );
  const many = Array.from({ length: 21 }, (_, seed) => seed);
  expect(() => pairedSeeds(many, many)).toThrow("of at most 20 seeds; there are 21.");
});
