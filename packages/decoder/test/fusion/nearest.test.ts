import { describe, expect, test } from "vitest";
import type { CheckpointManifest } from "@uniarm/core/schema";
import { nearestNotice, nearestPolicy } from "../../src/fusion/nearest.ts";

const manifestOf = (armWeights?: number[][], objectives = 2): CheckpointManifest =>
  ({
    armWeights,
    objectives: Array.from({ length: objectives }, (_, index) => ({ name: `o${index}` })),
  }) as unknown as CheckpointManifest;
const GRID = manifestOf([
  [0, 1],
  [0.5, 0.5],
  [1, 0],
]);

describe("the nearest policy", () => {
  test.each([
    [[0, 1], 0],
    [[0.2, 0.8], 0],
    [[0.3, 0.7], 1],
    [[0.9, 0.1], 2],
  ])("of %o is %i", (preference, place) => {
    expect(nearestPolicy(preference, GRID)).toBe(place);
  });

  test("is the first of equally near ones, also where float64 makes them differ", () => {
    expect(nearestPolicy([0.25, 0.75], GRID)).toBe(0);
    const tenths = manifestOf([
      [0.1, 0.9],
      [0.3, 0.7],
    ]);
    expect((0.1 - 0.2) ** 2 + (0.9 - 0.8) ** 2).not.toBe((0.3 - 0.2) ** 2 + (0.7 - 0.8) ** 2);
    expect(nearestPolicy([0.2, 0.8], tenths)).toBe(0);
  });

  test("is Euclid's of three objectives", () => {
    const corners = manifestOf(
      [
        [1, 0, 0],
        [0, 0.5, 0.5],
      ],
      3,
    );
    expect(nearestPolicy([0.4, 0.6, 0], corners)).toBe(1);
    expect(nearestPolicy([0.6, 0.4, 0], corners)).toBe(0);
  });
});

test("who is answered by another's policy is told so", () => {
  expect(nearestNotice([[0.5, 0.5]], GRID)).toBeNull();
  expect(
    nearestNotice(
      [
        [0.1, 0.9],
        [1, 0],
        [0.7, 0.3],
      ],
      GRID,
    ),
  ).toBe(
    "No policy was tuned for some preferences: [0.1, 0.9] by that of [0, 1], [0.7, 0.3] by that of [0.5, 0.5] is the nearest.",
  );
});
