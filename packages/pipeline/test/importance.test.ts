import { createRandom } from "@uniarm/core/schema";
import { describe, expect, test } from "vitest";
import { importanceOf, type Observation } from "../src/schema/index.ts";

const variance = (values: readonly number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
};
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
/** A run for every combination. */
const grid = (rate: number[], kind: string[], figure: (rate: number, kind: number) => number): Observation[] =>
  rate.flatMap((one) =>
    kind.map((name, index) => ({ settings: { rate: one, kind: name, same: 1 }, value: figure(one, index) })),
  );
const exact = { trees: 1, bootstrap: false };
const shares = ({ settings }: ReturnType<typeof importanceOf>): Record<string, number> =>
  Object.fromEntries(settings.map(({ path, share }) => [path, share]));

describe("a tree over a whole grid", () => {
  test.each([
    ["the sum of two effects", (rate: number, kind: number) => 3 * rate + [0, 5, -2][kind]!],
    ["their product as well", (rate: number, kind: number) => rate * kind + rate],
    ["no order in the numbers", (rate: number, kind: number) => Math.sin(7 * rate) + kind],
  ])("gives the shares of a two-way analysis of variance: %s", (_, figure) => {
    const [rates, kinds] = [
      [0.1, 0.2, 0.4, 0.9],
      ["a", "b", "c"],
    ];
    const runs = grid(rates, kinds, figure);
    const total = variance(runs.map(({ value }) => value));
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const ofRate = variance(rates.map((rate) => mean(range(3).map((kind) => figure(rate, kind))))) / total;
    const ofKind = variance(range(3).map((kind) => mean(rates.map((rate) => figure(rate, kind))))) / total;
    const found = importanceOf(runs, exact);
    expect(found.runs).toBe(12);
    expect(shares(found).rate).toBeCloseTo(ofRate, 12);
    expect(shares(found).kind).toBeCloseTo(ofKind, 12);
    expect(found.together).toBeCloseTo(Math.max(0, 1 - ofRate - ofKind), 12);
  });

  test("says nothing of settings that are the same in all runs", () => {
    expect(
      Object.keys(
        shares(
          importanceOf(
            grid(range(4), ["a", "b", "c"], (rate) => rate),
            exact,
          ),
        ),
      ),
    ).toEqual(["rate", "kind"]);
  });
});

describe("a forest over draws", () => {
  const drawn = (count: number, seed = 1): Observation[] => {
    const random = createRandom(seed);
    return range(count).map(() => {
      const settings = {
        strong: random.uniform(),
        weak: random.uniform(),
        idle: random.uniform(),
        seed: random.integer(5),
      };
      return { settings, value: 10 * settings.strong + 3 * settings.weak + 0.1 * random.normal() };
    });
  };

  test("orders settings by what they do, and leaves little to those that do nothing", () => {
    const found = importanceOf(drawn(120));
    expect(found.settings.map(({ path }) => path).slice(0, 2)).toEqual(["strong", "weak"]);
    const { strong, weak, idle, seed } = shares(found);
    expect(strong).toBeGreaterThan(0.75); // 100 / 109 of the variance
    expect(weak).toBeGreaterThan(0.02); // 9 / 109
    expect(weak).toBeLessThan(0.15);
    expect(Math.max(idle!, seed!)).toBeLessThan(0.02);
    expect(strong! + weak! + idle! + seed! + found.together).toBeCloseTo(1, 9);
  });

  test("gives the same for the same runs, in whatever order and unit the figure is", () => {
    const runs = drawn(40);
    expect(importanceOf(runs)).toEqual(importanceOf(runs));
    const scaled = importanceOf(runs.map((run) => ({ ...run, value: 1000 * run.value - 7 })));
    for (const [path, share] of Object.entries(shares(scaled)))
      expect(share).toBeCloseTo(shares(importanceOf(runs))[path]!, 6);
  });

  test("takes a setting that a run does not have as a value of its own", () => {
    const runs = range(20).map((index) => ({ settings: index % 2 ? { extra: true } : {}, value: index % 2 }));
    expect(shares(importanceOf(runs))).toEqual({ extra: 1 });
  });
});

test.each([
  ["few runs", range(9).map((index) => ({ settings: { a: index }, value: index })), /at least 10 runs.*9 runs have it/],
  ["one run", [{ settings: {}, value: 1 }], /1 run has it/],
  ["equal figures", range(12).map((index) => ({ settings: { a: index }, value: 3 })), /same figure, 3/],
  [
    "equal settings",
    range(12).map((index) => ({ settings: { a: 1 }, value: index })),
    /same settings: what differs is chance/,
  ],
])("is refused for %s", (_, runs, sentence) => {
  expect(() => importanceOf(runs)).toThrow(sentence);
});

test("of the most runs that are compared takes no time that anybody notices", () => {
  const random = createRandom(5);
  const runs = range(500).map(() => {
    const settings = Object.fromEntries(range(12).map((index) => [`s${index}`, random.uniform()]));
    return { settings, value: settings.s0! + random.normal() };
  });
  const began = performance.now();
  importanceOf(runs);
  expect(performance.now() - began).toBeLessThan(15_000); // about 1 s; a guard against its square
});
