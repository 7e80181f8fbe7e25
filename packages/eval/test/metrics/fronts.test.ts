import { createRandom } from "@uniarm/core";
import { expect, test } from "vitest";
import {
  coverage,
  hypervolume,
  hypervolumeContributions,
  optimumRegret,
  poolRegrets,
  preferenceCosine,
  rewardTable,
  steering,
} from "../../src/index.ts";
import { expectRefusal } from "../support/refusal.ts";
import { scoreOf } from "../support/scores.ts";

const STAIRS = [
  [1, 3],
  [2, 2],
  [3, 1],
];

test("a point contributes what the hypervolume loses without it; copies and dominated points contribute 0", () => {
  expect(hypervolumeContributions(STAIRS, [0, 0])).toEqual([1, 1, 1]); // squares of the staircase
  expect(hypervolumeContributions([...STAIRS, [2, 2]], [0, 0])).toEqual([1, 0, 1, 0]);
  expect(hypervolumeContributions([...STAIRS, [1, 1]], [0, 0])).toEqual([1, 1, 1, 0]);
  expect(hypervolumeContributions([[2, 3]], [0, 0])).toEqual([6]); // one point is all of it
  expect(hypervolumeContributions([[2, -3]], [0, 0])).toEqual([0]);
  expect(hypervolumeContributions([], [0, 0])).toEqual([]);
});

test.each([1, 2, 3, 4])(
  "in %i objectives contributions are what a slow twin loses, and never more than the hypervolume",
  (k) => {
    const random = createRandom(k);
    const points = Array.from({ length: 8 }, () => Array.from({ length: k }, () => random.uniform()));
    const reference = points[0]!.map(() => 0);
    const contributions = hypervolumeContributions(points, reference);
    const whole = hypervolume(points, reference);
    expect(contributions.every((one) => one >= 0 && one <= whole)).toBe(true);
    for (const [left, one] of contributions.entries())
      expect(one).toBeCloseTo(whole - hypervolume(points.toSpliced(left, 1), reference), 12);
  },
);

test("coverage counts equal points, ignores dominated ones, and is not symmetric", () => {
  expect(coverage(STAIRS, STAIRS)).toEqual({ value: 1 });
  expect(coverage([[2, 2]], STAIRS)).toEqual({ value: 1 / 3 });
  expect(coverage(STAIRS, [[2, 2]])).toEqual({ value: 1 });
  expect(coverage([[0, 0]], STAIRS)).toEqual({ value: 0 });
  expect(coverage([[2, 2]], [...STAIRS, [0, 0], [2, 2]])).toEqual({ value: 1 / 3 }); // its front is the stairs
  expect(coverage([], STAIRS)).toEqual({ value: 0 });
  expect(coverage(STAIRS, [])).toEqual({ value: null, reason: "The front to be covered has no points." });
});

test("the preference's cosine is 1 along it, 0 across and -1 against, whatever the length; of 0 there is none", () => {
  expect(preferenceCosine([0.5, 0.5], [3, 3]).value).toBeCloseTo(1, 12);
  expect(preferenceCosine([1, 0], [0, 2]).value).toBe(0);
  expect(preferenceCosine([1, 0, 0], [-1, 0, 0]).value).toBe(-1);
  expect(preferenceCosine([0.6, 0.4], [1, 0]).value).toBeCloseTo(0.6 / Math.hypot(0.6, 0.4), 12);
  expect(preferenceCosine([1], [0.2]).value).toBe(1);
  expect(preferenceCosine([0.5, 0.5], [0, 0])).toEqual({
    value: null,
    reason: "[0.5, 0.5] and [0, 0] have no angle: one is 0.",
  });
});

test("regret against the pool is what the best answer to a prompt at a preference is ahead by, mean over preferences", () => {
  const names = ["helpful", "harmless"];
  const tableOf = (rewards: [number, number][]) =>
    rewardTable(
      [
        scoreOf("a", [1, 0], rewards[0]!),
        scoreOf("b", [1, 0], rewards[1]!),
        scoreOf("a", [0.5, 0.5], rewards[2]!),
        scoreOf("b", [0.5, 0.5], rewards[3]!),
      ],
      names,
    );
  const one = tableOf([[1, 0], [2, 0], [1, 1], [0, 0]]); // prettier-ignore
  const other = tableOf([[3, 9], [1, 9], [0, 1], [4, 2]]); // prettier-ignore
  const [first, second] = poolRegrets([one, other]);
  expect([...first!]).toEqual([(2 + 0) / 2, (0 + 3) / 2]);
  expect([...second!]).toEqual([(0 + 0.5) / 2, (1 + 0) / 2]);
  expect([...poolRegrets([one])[0]!]).toEqual([0, 0]); // alone it is the best
  expect(poolRegrets([])).toEqual([]);
});

test("regret against the optimum is its mean inner product less the method's; better than the best is refused", async () => {
  const corners = [[1, 0], [0, 1]]; // prettier-ignore
  expect(optimumRegret(corners, [[1, 0], [0, 0.5]], corners)).toBe(0.25); // prettier-ignore
  expect(optimumRegret(corners, corners, corners)).toBe(0);
  await expectRefusal(
    () => optimumRegret(corners, [[1, 0], [0, 1.5]], corners), // prettier-ignore
    "optimum-exceeded",
    "At preference [0, 1] the mean rewards are worth 1.5, more than the optimum's 1",
  );
});

test("steering is rank correlation and slope of each objective in its own entry, and slopes between neighbours", () => {
  const preferences = [[0, 1], [0.5, 0.5], [1, 0]]; // prettier-ignore
  const [helpful, harmless] = steering(["helpful", "harmless"], preferences, [[0, 0], [0.1, 1], [1, 2]]); // prettier-ignore
  expect(helpful!.spearman.value).toBeCloseTo(1, 12);
  expect(helpful!.slope.value).toBeCloseTo(1, 12); // (1 - 0) / 1, the middle has no weight
  expect(helpful!.local).toEqual([
    { from: 0, to: 0.5, slope: 0.2 },
    { from: 0.5, to: 1, slope: 1.8 },
  ]);
  expect([harmless!.spearman.value, harmless!.slope.value]).toEqual([expect.closeTo(-1, 12), expect.closeTo(-2, 12)]);
});

test("points of one entry count as their mean between neighbours; what does not vary has no correlation", () => {
  const preferences = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]; // prettier-ignore
  const [one] = steering(["x", "y", "z"], preferences, [[0, 0, 0], [1, 0, 0], [3, 0, 0]]); // prettier-ignore
  expect(one!.local).toEqual([{ from: 0, to: 1, slope: 2.5 }]);
  const [flat] = steering(["x", "y"], [[0, 1], [1, 0]], [[2, 1], [2, 1]]); // prettier-ignore
  expect(flat).toMatchObject({
    spearman: { value: null, reason: "The mean reward of x is the same at every point." },
    slope: { value: 0 },
  });
  const [constant] = steering(["x", "y"], [[0.5, 0.5], [0.5, 0.5]], [[2, 1], [3, 1]]); // prettier-ignore
  const none = { value: null, reason: "The preference's entry for x is the same at every point." };
  expect(constant).toEqual({ objective: "x", spearman: none, slope: none, local: [] });
});
