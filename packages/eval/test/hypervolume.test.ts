import { createRandom, type Random } from "@uniarm/core";
import { expect, test } from "vitest";
import { dominates, hypervolume, paretoFront } from "../src/index.ts";
import { wfg } from "../src/metrics/wfg.ts";
import { expectRefusal } from "./support/refusal.ts";

const cloud = (random: Random, count: number, objectives: number): number[][] =>
  Array.from({ length: count }, () => Array.from({ length: objectives }, () => random.uniform()));
const staircase = (count: number): number[][] =>
  Array.from({ length: count }, (_, index) => [index + 1, count - index]);
const origin = (objectives: number): number[] => Array<number>(objectives).fill(0);

/** Slow twin: inclusion and exclusion over all subsets of boxes. */
function inclusionExclusion(points: number[][], objectives: number): number {
  let sum = 0;
  for (let subset = 1; subset < 2 ** points.length; subset++) {
    const chosen = points.filter((_, index) => (subset >> index) & 1);
    const common = Array.from({ length: objectives }, (_, axis) => Math.min(...chosen.map((point) => point[axis]!)));
    sum += (chosen.length % 2 === 1 ? 1 : -1) * common.reduce((product, side) => product * side, 1);
  }
  return sum;
}

test.each([1, 2, 3, 8])("hypervolume of a staircase of %i points is n(n+1)/2", (count) => {
  const points = createRandom(count).shuffle(staircase(count));
  expect(hypervolume(points, [0, 0])).toBe((count * (count + 1)) / 2);
});

test.each([1, 2, 3, 4, 5])(
  "hypervolume of a cube of side 2 in %i dimensions is 2^n, whatever lies inside it",
  (objectives) => {
    const cube = [Array<number>(objectives).fill(2), Array<number>(objectives).fill(1)];
    expect(hypervolume(cube, origin(objectives))).toBe(2 ** objectives);
  },
);

test.each([2, 3, 4, 5])("two boxes of %i dimensions overlap in the box of their smaller sides", (objectives) => {
  const [one, other] = [origin(objectives).fill(1), origin(objectives).fill(1)];
  one[0] = 3;
  other[objectives - 1] = 5;
  expect(hypervolume([one, other], origin(objectives))).toBe(3 + 5 - 1);
});

test.each([2, 3, 4, 5])("in %i dimensions equals inclusion and exclusion over all subsets", (objectives) => {
  const random = createRandom(objectives);
  for (let round = 0; round < 10; round++) {
    const points = cloud(random, 9, objectives);
    const slow = inclusionExclusion(points, objectives);
    expect(hypervolume(points, origin(objectives))).toBeCloseTo(slow, 12);
    expect(wfg(points)).toBeCloseTo(slow, 12);
  }
});

test.each([2, 3])("in %i dimensions the sweep equals WFG on many points", (objectives) => {
  const points = cloud(createRandom(7), 200, objectives);
  expect(hypervolume(points, origin(objectives))).toBeCloseTo(wfg(points), 12);
});

test.each([2, 3, 4])(
  "in %i dimensions order, duplicates and dominated points change nothing; a better point adds",
  (objectives) => {
    const random = createRandom(11);
    const front = paretoFront(cloud(random, 20, objectives));
    const reference = origin(objectives).fill(-0.1);
    const volume = hypervolume(front, reference);
    const dominated = front.map((point) => point.map((value) => value * 0.9));
    expect(hypervolume(random.shuffle([...front, ...front, ...dominated]), reference)).toBeCloseTo(volume, 12);
    const better = front[0]!.map((value) => value + 0.01);
    expect(dominates(better, front[0]!)).toBe(true);
    expect(hypervolume([...front, better], reference)).toBeGreaterThan(volume);
  },
);

test("moving points and reference by the same amount changes nothing", () => {
  const points = cloud(createRandom(3), 15, 3);
  const moved = points.map((point) => point.map((value) => value - 5));
  expect(hypervolume(moved, [-5, -5, -5])).toBeCloseTo(hypervolume(points, [0, 0, 0]), 12);
});

test("points at or beyond the reference in any objective are dropped, not moved onto it", () => {
  expect(
    hypervolume(
      [
        [1, 2],
        [0, 9],
        [-1, 9],
        [9, 0],
      ],
      [0, 0],
    ),
  ).toBe(2);
  expect(
    hypervolume(
      [
        [0, 1],
        [1, 0],
      ],
      [0, 0],
    ),
  ).toBe(0);
  expect(hypervolume([], [0, 0, 0, 0])).toBe(0);
});

test("bad points and references are refused with what was found", async () => {
  await expectRefusal(
    () =>
      hypervolume(
        [
          [1, 2],
          [1, NaN],
        ],
        [0, 0],
      ),
    "points-not-finite",
    "Point 1 is [1, NaN]; NaN is not a finite number",
  );
  await expectRefusal(
    () => hypervolume([[1, 2, 3]], [0, 0]),
    "points-length",
    "Point 0 is [1, 2, 3], 3 values; expected 2",
  );
  await expectRefusal(() => hypervolume([[1]], []), "hypervolume-reference", "reference point is []");
  await expectRefusal(() => hypervolume([[1]], [Infinity]), "hypervolume-reference", "reference point is [Infinity]");
});
