import { describe, expect, test } from "vitest";
import { objectiveGeometry } from "../../src/adapters/objective-geometry.ts";
import { placeObjectives } from "../../src/adapters/placed-vectors.ts";
import { createRandom } from "../../src/tensor/random.ts";

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, entry, axis) => sum + entry * b[axis]!, 0);

/** Directions that share most of themselves, as the embeddings of short texts do. */
function texts(count: number, width = 24): number[][] {
  const random = createRandom(count);
  const draw = (): number[] => Array.from({ length: width }, () => random.normal());
  const common = draw();
  return Array.from({ length: count }, () => draw().map((entry, axis) => 3 * (common[axis]! + 0.3 * entry)));
}
const axes = (count: number): number[][] =>
  Array.from({ length: count }, (_, row) => Array.from({ length: 8 }, (__, axis) => Number(axis === row)));
const expectEqual = (actual: readonly number[], expected: readonly number[]): void => {
  actual.forEach((entry, axis) => expect(entry).toBeCloseTo(expected[axis]!, 9));
};

describe.each([1, 2, 3, 5])("behind %i objectives", (before) => {
  const all = texts(before + 1);
  const [known, added] = [all.slice(0, before), all.slice(before)];
  const placed = (geometry: "raw" | "centred" | "orthonormal" | "simplex"): { stored: number[][]; own: number[] } => {
    const stored = objectiveGeometry(known, geometry);
    return { stored, own: placeObjectives(stored, known, added, geometry)[0]! };
  };

  test.each(["raw", "centred"] as const)("a %s vector stands where it does among all from the start", (geometry) => {
    expectEqual(placed(geometry).own, objectiveGeometry(all, geometry).at(-1)!);
  });

  test("an orthonormal vector is orthogonal to the stored ones and, of those, the nearest to its text", () => {
    const { stored, own } = placed("orthonormal");
    expect(dot(own, own)).toBeCloseTo(1, 10);
    for (const vector of stored) expect(dot(own, vector)).toBeCloseTo(0, 9);
    // the nearest: what is left of the text lies among the stored ones
    const along = dot(own, added[0]!);
    expect(along).toBeGreaterThan(0);
    const rest = added[0]!.map((entry, axis) => entry - along * own[axis]!);
    expect(stored.reduce((sum, vector) => sum + dot(rest, vector) ** 2, 0)).toBeCloseTo(dot(rest, rest), 6);
  });

  test("a simplex vector has the same cosine to all stored ones, 0 where there are several", () => {
    const { stored, own } = placed("simplex");
    expect(dot(own, own)).toBeCloseTo(1, 10);
    // a single objective was not centred: e less it
    for (const vector of stored) expect(dot(own, vector)).toBeCloseTo(before === 1 ? -Math.SQRT1_2 : 0, 9);
  });
});

test.each([2, 3])("of orthogonal texts, those behind %i others stand where a simplex of all has them", (before) => {
  const all = axes(before + 2);
  const stored = objectiveGeometry(all.slice(0, before), "simplex");
  const [next, last] = placeObjectives(stored, all.slice(0, before), all.slice(before), "simplex");
  expectEqual(next!, objectiveGeometry(all.slice(0, before + 1), "simplex").at(-1)!);
  expectEqual(last!, objectiveGeometry(all, "simplex").at(-1)!);
});

test.each(["raw", "centred", "orthonormal", "simplex"] as const)(
  "%s: two at once stand where one after the other does",
  (geometry) => {
    const all = texts(4);
    const stored = objectiveGeometry(all.slice(0, 2), geometry);
    const [one, two] = placeObjectives(stored, all.slice(0, 2), all.slice(2), geometry);
    const first = placeObjectives(stored, all.slice(0, 2), all.slice(2, 3), geometry)[0]!;
    expectEqual(one!, first);
    expectEqual(two!, placeObjectives([...stored, first], all.slice(0, 3), all.slice(3), geometry)[0]!);
  },
);

test("stored vectors that come from other texts are refused", () => {
  const [a, b, c, d] = texts(4) as [number[], number[], number[], number[]];
  const stored = objectiveGeometry([a, b], "simplex");
  expect(() => placeObjectives(stored, [a, c], [d], "simplex")).toThrow(
    "The stored vector of objective 1 does not come from the objectives' descriptions, so no other can be put beside it.",
  );
});

test.each(["centred", "orthonormal", "simplex"] as const)("%s: a text that says nothing new is refused", (geometry) => {
  const [a] = texts(1) as [number[]];
  expect(() => placeObjectives(objectiveGeometry([a], geometry), [a], [a], geometry)).toThrow(
    "The added objective cannot be told apart from those that are there: its description says nothing that theirs do not.",
  );
});

test("objectives that are added to a single one, together or after each other, can be added to again", () => {
  const all = texts(4);
  const stored = objectiveGeometry(all.slice(0, 1), "simplex");
  const second = placeObjectives(stored, all.slice(0, 1), all.slice(1, 2), "simplex");
  const third = placeObjectives([...stored, ...second], all.slice(0, 2), all.slice(2, 3), "simplex");
  const fourth = placeObjectives([...stored, ...second, ...third], all.slice(0, 3), all.slice(3), "simplex");
  for (const [vector] of [second, third, fourth]) expect(dot(vector!, vector!)).toBeCloseTo(1, 9);
  const together = placeObjectives(stored, all.slice(0, 1), all.slice(1, 3), "simplex");
  expectEqual(together[1]!, third[0]!);
});
