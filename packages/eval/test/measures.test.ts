import { createRandom } from "@uniarm/core";
import { expect, test } from "vitest";
import {
  meanInnerProduct,
  nonDominated,
  normalise,
  paretoFront,
  percentileNormaliser,
  spacing,
  sparsity,
  spearman,
} from "../src/index.ts";
import { expectRefusal } from "./support/refusal.ts";

test("equal points do not dominate each other; a front has each once, in the order given", () => {
  const points = [
    [1, 3],
    [2, 2],
    [1, 3],
    [1, 2],
    [3, 1],
  ];
  expect(nonDominated(points)).toEqual([true, true, true, false, true]);
  expect(paretoFront(points)).toEqual([
    [1, 3],
    [2, 2],
    [3, 1],
  ]);
  expect(
    paretoFront([
      [0, 1],
      [-0, 1],
    ]),
  ).toHaveLength(1);
  expect(nonDominated([])).toEqual([]);
});

test("no point of a front is dominated, every point left out is, or is a copy", () => {
  const random = createRandom(4);
  const points = Array.from({ length: 60 }, () => [random.integer(6), random.integer(6), random.integer(6)]);
  const front = paretoFront(points);
  expect(nonDominated(front).every(Boolean)).toBe(true);
  for (const point of points) {
    expect(front.some((kept) => kept.every((value, axis) => value >= point[axis]!))).toBe(true);
  }
});

test("mean inner product of rewards equal to one-hot preferences is 1, and it is linear in the rewards", () => {
  const corners = [
    [1, 0],
    [0, 1],
  ];
  expect(meanInnerProduct(corners, corners)).toBe(1);
  expect(
    meanInnerProduct(corners, [
      [3, 9],
      [9, -1],
    ]),
  ).toBe(1);
  expect(meanInnerProduct([[0.5, 0.5]], [[2, 4]])).toBe(3);
});

test("an even front has spacing 0 and the squared gap per objective as sparsity", () => {
  const even = [0, 1, 2, 3].map((step) => [step, 3 - step]);
  expect(spacing(even)).toBe(0);
  expect(sparsity(even)).toBe(2);
  expect(sparsity([...even, [1.5, 1.5]])).toBeLessThan(2);
  expect([spacing([[1, 1]]), sparsity([[1, 1]]), spacing(even.slice(0, 2), { deviation: "sample" })]).toEqual([
    null,
    null,
    null,
  ]);
});

test("normalising puts the nadir at 0 and the ideal at 1, and clips only when asked", () => {
  const normaliser = { nadir: [-0.5, -1.05], ideal: [1.2, 0.95] };
  expect(normalise([-0.5, 0.95], normaliser)).toEqual([0, 1]);
  expect(normalise([-2.2, 2.95], normaliser)[0]).toBeCloseTo(-1, 12);
  expect(normalise([-2.2, 2.95], normaliser, { clip: true })).toEqual([0, 1]);
});

test("rank correlation is 1 for any rising series, -1 for a falling one, and averages the ranks of ties", () => {
  expect(spearman([1, 2, 3, 4], [1, 10, 100, 1000])).toBeCloseTo(1, 12);
  expect(spearman([1, 2, 3, 4], [0, -1, -2, -30])).toBeCloseTo(-1, 12);
  expect(spearman([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(0.8, 12); // 1 - 6 * 2 / (4 * 15)
  expect(spearman([1, 2, 3], [1, 1, 2])).toBeCloseTo(Math.sqrt(3) / 2, 12);
  expect(spearman([1, 2, 3], [5, 5, 5])).toBeNull();
});

test("input that no measure is defined on is refused with what was found", async () => {
  await expectRefusal(() => meanInnerProduct([[1, 0]], []), "mip-length", "1 preferences but 0 reward vectors");
  await expectRefusal(() => meanInnerProduct([], []), "mip-empty", "at least one");
  await expectRefusal(
    () => meanInnerProduct([[1, 0]], [[1]]),
    "points-length",
    "Reward vector 0 is [1], 1 values; expected 2",
  );
  await expectRefusal(
    () =>
      nonDominated([
        [1, 2],
        [NaN, 1],
      ]),
    "points-not-finite",
    "Point 1 is [NaN, 1]",
  );
  await expectRefusal(
    () => normalise([1], { nadir: [0, 0], ideal: [1, 1] }),
    "points-length",
    "expected 2, one per objective",
  );
  await expectRefusal(() => percentileNormaliser([]), "normaliser-empty", "at least two");
  await expectRefusal(
    () =>
      percentileNormaliser([
        [1, 2],
        [3, 2],
      ]),
    "normaliser-flat",
    "Objective number 2 has the same 0.01 and 0.99 percentile, 2",
  );
  await expectRefusal(() => spearman([1], [1, 2]), "spearman-input", "one length");
});
