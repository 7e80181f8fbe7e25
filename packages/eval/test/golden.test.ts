import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  hypervolume,
  meanInnerProduct,
  nonDominated,
  normalise,
  paretoFront,
  percentileNormaliser,
  spacing,
  sparsity,
} from "../src/index.ts";

interface Case {
  name: string;
  points: number[][];
  reference: number[];
  hypervolume: number;
  non_dominated: boolean[];
  front_size: number;
  sparsity: number | null;
  spacing: Record<`${"l1" | "l2"}_${"population" | "sample"}`, number | null>;
}

interface Golden {
  cases: Case[];
  mip: { preferences: number[][]; rewards: number[][]; mip: number }[];
  normaliser: { samples: number[][]; low: number[]; high: number[]; points: number[][]; normalised: number[][] };
}

// pymoo and numpy in float64; expect.json stores 12 significant digits.
const golden = JSON.parse(readFileSync(new URL("golden/metrics/expect.json", import.meta.url), "utf8")) as Golden;

function expectClose(actual: number | null, expected: number | null): void {
  if (actual === null || expected === null) expect(actual).toBe(expected);
  else expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.abs(expected) + 1e-10);
}

test.each(golden.cases)("hypervolume, dominance and spread of $name equal the reference's", (example) => {
  const { points } = example;
  expectClose(hypervolume(points, example.reference), example.hypervolume);
  expect(nonDominated(points)).toEqual(example.non_dominated);
  expect(paretoFront(points)).toHaveLength(example.front_size);
  expectClose(sparsity(points), example.sparsity);
  for (const distance of ["l1", "l2"] as const) {
    for (const deviation of ["population", "sample"] as const) {
      expectClose(spacing(points, { distance, deviation }), example.spacing[`${distance}_${deviation}`]);
    }
  }
});

test.each(golden.mip)(
  "mean inner product of $preferences.length preferences equals the reference's",
  ({ preferences, rewards, mip }) => {
    expectClose(meanInnerProduct(preferences, rewards), mip);
  },
);

test("the percentile normaliser, clipped, equals the reference's", () => {
  const { samples, low, high, points, normalised } = golden.normaliser;
  const normaliser = percentileNormaliser(samples);
  normaliser.nadir.forEach((value, axis) => expectClose(value, low[axis]!));
  normaliser.ideal.forEach((value, axis) => expectClose(value, high[axis]!));
  points.forEach((point, row) => {
    normalise(point, normaliser, { clip: true }).forEach((value, axis) => expectClose(value, normalised[row]![axis]!));
  });
});
