import { describe, expect, test } from "vitest";
import {
  dominanceIn,
  dominatedRegion,
  frontier,
  fromTernary,
  hypervolume,
  meanInnerProduct,
  pairsOf,
  spreadOf,
  ternary,
} from "../src/pages/fronts/geometry.ts";

describe("dominance", () => {
  const points = [
    [1, 0, 0],
    [0, 1, 0],
    [0.5, 0, 1],
    [0.4, 0, 0.5],
  ];

  test("a point that only these axes hide is told from one that is beaten in all objectives", () => {
    expect(dominanceIn(points, [0, 1])).toEqual(["none", "none", "projection", "all"]);
  });

  test("with all axes nothing is hidden by a projection", () => {
    expect(dominanceIn(points, [0, 1, 2])).toEqual(["none", "none", "none", "all"]);
  });

  test("equal points do not dominate each other", () => {
    expect(
      dominanceIn(
        [
          [1, 1],
          [1, 1],
        ],
        [0, 1],
      ),
    ).toEqual(["none", "none"]);
  });
});

describe("the frontier", () => {
  test("leaves out what is dominated and keeps each place once, from the left", () => {
    expect(
      frontier([
        [2, 1],
        [1, 2],
        [1, 1],
        [1, 2],
      ]),
    ).toEqual([
      [1, 2],
      [2, 1],
    ]);
  });

  test("the region between it and the reference is a staircase whose area is the hypervolume", () => {
    const points: [number, number][] = [
      [1, 3],
      [2, 2],
      [3, 1],
      [1, 1],
    ];
    expect(area(dominatedRegion(points, [0, 0]))).toBeCloseTo(hypervolume(points, [0, 0]), 12);
  });

  test("there is no region where nothing lies above the reference", () => {
    expect(dominatedRegion([[-1, 2]], [0, 0])).toEqual([]);
  });
});

describe("hypervolume", () => {
  const staircase = (n: number) => Array.from({ length: n }, (_, index): [number, number] => [index + 1, n - index]);

  test.each([1, 3, 8])("of a staircase of %i steps is n(n+1)/2", (n) => {
    expect(hypervolume(staircase(n), [0, 0])).toBe((n * (n + 1)) / 2);
  });

  test("of one box is its volume, in four dimensions too", () => {
    expect(hypervolume([[1, 2, 3, 4]], [0, 0, 0, 0])).toBe(24);
  });

  test("order, copies and dominated points change nothing", () => {
    const points = [
      [3, 1, 2],
      [1, 3, 2],
      [2, 2, 1],
    ];
    const more = [[1, 1, 1], ...points.toReversed(), [3, 1, 2]];
    expect(hypervolume(more, [0, 0, 0])).toBeCloseTo(hypervolume(points, [0, 0, 0]), 12);
  });

  test("of two overlapping boxes in three dimensions is their union", () => {
    expect(
      hypervolume(
        [
          [2, 1, 1],
          [1, 2, 1],
        ],
        [0, 0, 0],
      ),
    ).toBe(3);
  });
});

describe("the triangle of preferences", () => {
  test("has its corners where one objective counts alone", () => {
    expect(ternary([1, 0, 0])).toEqual([0, 0]);
    expect(ternary([0, 1, 0])).toEqual([1, 0]);
    expect(ternary([0, 0, 1])).toEqual([0.5, Math.sqrt(3) / 2]);
  });

  test.each([[[0.2, 0.3, 0.5]], [[1 / 3, 1 / 3, 1 / 3]], [[0, 0.6, 0.4]]])(
    "place and preference %j are each other's inverse",
    (preference) => {
      fromTernary(ternary(preference as [number, number, number])).forEach((entry, index) =>
        expect(entry).toBeCloseTo(preference[index]!, 12),
      );
    },
  );

  test("a place outside is taken to the border", () => {
    const preference = fromTernary([-0.5, -0.2]);
    expect(preference.every((entry) => entry >= 0)).toBe(true);
    expect(preference.reduce((sum, entry) => sum + entry, 0)).toBeCloseTo(1, 12);
  });
});

test("mean inner product is the mean of preference times reward", () => {
  const points = [
    { preference: [1, 0], mean: [2, 5] },
    { preference: [0.5, 0.5], mean: [1, 3] },
  ];
  expect(meanInnerProduct(points)).toBe(2);
});

test("the spread of a front from corner to corner is 1, of one point 0", () => {
  expect(
    spreadOf([
      [0, 1],
      [1, 0],
      [0, 0],
    ]),
  ).toBe(1);
  expect(spreadOf([[0.5, 0.5]])).toBe(0);
});

test("every pair of objectives occurs once", () => {
  expect(pairsOf(3)).toEqual([
    [0, 1],
    [0, 2],
    [1, 2],
  ]);
});

/** The shoelace formula. */
function area(polygon: readonly (readonly [number, number])[]): number {
  const twice = polygon.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = polygon[(index + 1) % polygon.length]!;
    return sum + x * nextY - nextX * y;
  }, 0);
  return Math.abs(twice) / 2;
}
