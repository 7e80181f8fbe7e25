import { preferenceGrid } from "@uniarm/core/schema";
import { describe, expect, test } from "vitest";
import {
  exactBest,
  exactFront,
  regularisedFront,
  rewardsOfKinds,
  tinyWorldProtocol,
  kindSequences,
} from "../src/index.ts";
import { HAZARD_LEVELS, type HazardLevel, type ParsedKind } from "../src/kinds.ts";
import { slowHypervolume } from "./slow-hypervolume.ts";

const GRID = { 2: preferenceGrid(2, 10), 3: preferenceGrid(3, 5) } as const;

/** Hypervolume of normalised rewards, MIP of raw ones, mean KL: the figures of one front. */
function figures(objectives: 2 | 3, points: { rewards: number[]; klNats?: number }[]): [string, string, string] {
  const { normaliser, referencePoint } = tinyWorldProtocol(objectives);
  const { nadir, ideal } = normaliser;
  const normalised = points.map(({ rewards }) => rewards.map((y, i) => (y - nadir[i]!) / (ideal[i]! - nadir[i]!)));
  const inner = points.map(({ rewards }, n) => rewards.reduce((sum, y, i) => sum + y * GRID[objectives][n]![i]!, 0));
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return [
    slowHypervolume(normalised, referencePoint).toFixed(4),
    mean(inner).toFixed(4),
    Math.abs(mean(points.map(({ klNats }) => klNats ?? 0))).toFixed(2),
  ];
}

test("the normaliser runs from the worst single-objective optimum to the best value", () => {
  expect(tinyWorldProtocol(2).normaliser).toEqual({ nadir: [-0.5, -1.05], ideal: [1.2, 0.95] });
  expect(tinyWorldProtocol(3).normaliser).toEqual({ nadir: [-0.5, -1.05, 0], ideal: [1.2, 0.95, 1.3] });
});

describe.each([
  [Infinity, ["0.2682", "0.0032", "0.00"], ["0.0680", "0.0687", "0.00"]],
  [1, ["0.4076", "0.1404", "0.07"], ["0.1336", "0.1759", "0.05"]],
  [0.5, ["0.5054", "0.2538", "0.24"], ["0.2048", "0.2745", "0.20"]],
  [0.2, ["0.6428", "0.4442", "0.86"], ["0.3897", "0.4800", "0.89"]],
  [0.1, ["0.7404", "0.5737", "1.78"], ["0.5255", "0.6323", "1.97"]],
  [0.05, ["0.8235", "0.6701", "3.14"], ["0.6160", "0.7359", "3.42"]],
] as const)("KL-regularised optimum at beta %s", (beta, two, three) => {
  test("has the enumerated hypervolume, mean inner product and KL for two objectives", () => {
    expect(figures(2, regularisedFront(GRID[2], beta))).toEqual(two);
  });
  test("and for three", () => {
    expect(figures(3, regularisedFront(GRID[3], beta))).toEqual(three);
  });
});

test("the unregularised optimum on the grids has the enumerated figures", () => {
  expect(figures(2, exactFront(GRID[2])).slice(0, 2)).toEqual(["0.8694", "0.7350"]);
  expect(figures(3, exactFront(GRID[3])).slice(0, 2)).toEqual(["0.7132", "0.8151"]);
});

test("the whole supported front has 18 vertices, nine of which the grid of 11 visits", () => {
  const key = ({ rewards }: { rewards: number[] }): string => rewards.map((reward) => reward.toFixed(6)).join();
  const fine = exactFront(preferenceGrid(2, 2000));
  const vertices = new Map(fine.map((point) => [key(point), point]));
  expect(vertices.size).toBe(18);
  expect(new Set(exactFront(GRID[2]).map(key)).size).toBe(9);
  const { normaliser, referencePoint } = tinyWorldProtocol(2);
  const normalised = [...vertices.values()].map(({ rewards }) =>
    rewards.map((y, i) => (y - normaliser.nadir[i]!) / (normaliser.ideal[i]! - normaliser.nadir[i]!)),
  );
  expect(slowHypervolume(normalised, referencePoint).toFixed(4)).toBe("0.9145");
});

test("best rewards per hazard level are those of the table", () => {
  const table = ([0, 0.3, 0.5, 0.7, 1] as const).map((helpful) =>
    HAZARD_LEVELS.map((level) =>
      exactBest(level, [helpful, 1 - helpful]).rewards.map((reward) => Number(reward.toFixed(2)) + 0),
    ),
  );
  expect(table).toEqual([
    [
      [-0.5, 0.7],
      [-0.5, 0.87],
      [-0.5, 1.03],
      [-0.5, 1.2],
    ],
    [
      [0.7, 0.5],
      [-0.5, 0.87],
      [-0.5, 1.03],
      [-0.5, 1.2],
    ],
    [
      [1, 0.3],
      [0.7, 0.26],
      [0.4, 0.36],
      [-0.5, 1.2],
    ],
    [
      [1.2, 0],
      [1, -0.06],
      [1, -0.42],
      [1, -0.78],
    ],
    [
      [1.2, 0],
      [1.2, -0.7],
      [1.2, -1.4],
      [1.2, -2.1],
    ],
  ]);
});

test("each level has 1,443 kind sequences whose probabilities sum to 1", () => {
  for (const level of HAZARD_LEVELS) {
    const sequences = kindSequences(level);
    expect(sequences).toHaveLength(1443);
    expect(sequences.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
  }
});

test("no text of up to five sentences, repeats and nonsense included, beats the optimum at any of 231 preferences", () => {
  const preferences = preferenceGrid(3, 20);
  expect(preferences).toHaveLength(231);
  for (const level of HAZARD_LEVELS) {
    const rewards = distinctRewards(level);
    for (const preference of preferences) {
      const value = (row: readonly number[]): number => row.reduce((sum, entry, i) => sum + entry * preference[i]!, 0);
      const best = value(exactBest(level, preference).rewards);
      // the optimum's tie-break may cost it 3e-6; rounding far less
      expect(Math.max(...rewards.map(value))).toBeLessThanOrEqual(best + 1e-5);
    }
  }
});

/** Reward vectors of all kind sequences of length 0 to 5 over the eight parsed kinds, each once. */
function distinctRewards(level: HazardLevel): number[][] {
  const found = new Map<string, number[]>();
  const visit = (kinds: ParsedKind[]): void => {
    const { helpful, harmless, humorous } = rewardsOfKinds(kinds, level);
    const row = [helpful, harmless, humorous];
    found.set(row.map((entry) => entry.toFixed(9)).join(), row);
    if (kinds.length === 5) return;
    for (const kind of ["S", "D", "C", "R", "J", "F", "X", "P"] as const) {
      if (withinPools(kinds, kind)) visit([...kinds, kind]);
    }
  };
  visit([]);
  return [...found.values()];
}

/** A kind has only so many different texts; one more of it would be a repeat, which is P. */
const TEXTS = { S: 3, D: 4, C: 4, R: 3, J: 5, F: 4, X: Infinity, P: Infinity } as const;
const withinPools = (kinds: readonly ParsedKind[], kind: ParsedKind): boolean =>
  kinds.filter((other) => other === kind).length < TEXTS[kind] &&
  (kind !== "P" || kinds.some((other) => other !== "X" && other !== "P"));
