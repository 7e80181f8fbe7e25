import { expect, test } from "vitest";
import { createRandom } from "@uniarm/core";
import { ObjectiveList, parsePreference } from "@uniarm/core/schema";
import { preferenceSource } from "../src/preferences.ts";

const objectives = ObjectiveList.parse(
  ["helpful", "harmless", "humorous"].map((name) => ({ name, description: name })),
);
const base = { objectives, dirichletConcentration: 0.5, preferencePer: "row" as const, preferenceShuffled: false };

test("drawn preferences lie on the simplex and differ from row to row", () => {
  const { lossPreferences, shownPreferences } = preferenceSource(base, createRandom(0)).draw(200);
  for (const preference of lossPreferences) parsePreference(preference, 3);
  expect(new Set(lossPreferences.map((preference) => preference.join())).size).toBe(200);
  expect(shownPreferences).toEqual(lossPreferences);
});

test("their mean is the centre and their spread that of Dirichlet(.5, .5, .5)", () => {
  const { lossPreferences } = preferenceSource(base, createRandom(0)).draw(20_000);
  const mean = lossPreferences.reduce((sum, [first]) => sum + first!, 0) / lossPreferences.length;
  const variance = lossPreferences.reduce((sum, [first]) => sum + (first! - mean) ** 2, 0) / lossPreferences.length;
  expect(mean).toBeCloseTo(1 / 3, 2);
  expect(variance).toBeCloseTo(((1 / 3) * (2 / 3)) / (1.5 + 1), 2);
});

test("they depend on the seed alone", () => {
  const drawn = (seed: number): unknown => [8, 4].map((rows) => preferenceSource(base, createRandom(seed)).draw(rows));
  expect(drawn(3)).toEqual(drawn(3));
  expect(drawn(3)).not.toEqual(drawn(4));
});

test("one preference per batch is the same for all its rows and another one in the next batch", () => {
  const source = preferenceSource({ ...base, preferencePer: "batch" }, createRandom(0));
  const batches = [source.draw(4), source.draw(4)];
  for (const { lossPreferences } of batches)
    expect(new Set(lossPreferences.map((preference) => preference.join())).size).toBe(1);
  expect(batches[0]!.lossPreferences[0]).not.toEqual(batches[1]!.lossPreferences[0]);
});

test("a source made from a saved state continues where it stood", () => {
  for (const preferenceShuffled of [false, true]) {
    const config = { ...base, preferenceShuffled };
    const source = preferenceSource(config, createRandom(0));
    source.draw(5);
    const state = JSON.parse(JSON.stringify(source.state())) as ReturnType<typeof source.state>;
    expect(preferenceSource(config, createRandom(0), state).draw(5)).toEqual(source.draw(5));
  }
});

test("the shuffled control keeps the losses and shows every row a preference that has nothing to do with it", () => {
  const control = preferenceSource({ ...base, preferenceShuffled: true }, createRandom(0));
  const straight = preferenceSource(base, createRandom(0));
  const [own, shown]: [number[], number[]] = [[], []];
  for (let batch = 0; batch < 2000; batch++) {
    const drawn = control.draw(32);
    expect(drawn.lossPreferences).toEqual(straight.draw(32).lossPreferences);
    own.push(...drawn.lossPreferences.map(([first]) => first!));
    shown.push(...drawn.shownPreferences.map(([first]) => first!));
  }
  // five standard errors of 64,000 rows; dealing each row another row's preference gives -0.032
  expect(Math.abs(correlation(own, shown))).toBeLessThan(0.02);
});

function correlation(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  const covariance = mean(x.map((value, index) => (value - meanX) * (y[index]! - meanY)));
  return (
    covariance / Math.sqrt(mean(x.map((value) => (value - meanX) ** 2)) * mean(y.map((value) => (value - meanY) ** 2)))
  );
}

test.each([
  ["one preference a batch", { preferencePer: "batch" as const }, 6],
  ["a single row", {}, 1],
])("with %s the control shows a preference of its own", (_, change, rows) => {
  const { lossPreferences, shownPreferences } = preferenceSource(
    { ...base, ...change, preferenceShuffled: true },
    createRandom(0),
  ).draw(rows);
  shownPreferences.forEach((preference, row) =>
    expect(parsePreference(preference, 3)).not.toEqual(lossPreferences[row]),
  );
});
