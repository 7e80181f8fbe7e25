import { expect, test } from "vitest";
import { fallingRoots } from "../../src/fusion/falling-roots.ts";

/** Falling functions, their derivatives and roots; some are flat, some steep where Newton's step leaves the interval. */
const FUNCTIONS: readonly (readonly [f: (x: number) => number, slope: (x: number) => number, root: number])[] = [
  [(x) => 3 - x, () => -1, 3],
  [(x) => Math.exp(-x) - 0.25, (x) => -Math.exp(-x), Math.log(4)],
  [(x) => -Math.tanh(20 * (x - 1)), (x) => -20 / Math.cosh(20 * (x - 1)) ** 2, 1],
  [(x) => -Math.cbrt(x + 2), (x) => -1 / (3 * Math.cbrt(x + 2) ** 2), -2],
  [(x) => (x < 0 ? -x : -0.001 * x), (x) => (x < 0 ? -1 : -0.001), 0],
];

test("every row finds its own root, also where Newton alone would run away", () => {
  let rounds = 0;
  const roots = fallingRoots(
    (points) => {
      rounds += 1;
      return {
        values: FUNCTIONS.map(([f], row) => f(points[row]!)),
        slopes: FUNCTIONS.map(([, slope], row) => slope(points[row]!)),
      };
    },
    FUNCTIONS.map(() => -50),
    FUNCTIONS.map(() => 60),
  );
  for (const [row, [f, , root]] of FUNCTIONS.entries()) {
    // a value within 1e-6, or the point within float32's reach of the root
    if (Math.abs(f(roots[row]!)) > 1e-6) expect(Math.abs(roots[row]! - root)).toBeLessThan(1e-6 * Math.abs(root));
  }
  expect(rounds).toBeLessThan(100);
});

test("a root at the end of its interval is found at once, and a function that is not a number ends nothing", () => {
  const asked: Float32Array[] = [];
  const roots = fallingRoots(
    (points) => {
      asked.push(points.slice());
      return { values: [0, Number.NaN, 2 - points[2]!], slopes: [-1, Number.NaN, -1] };
    },
    [-1, -1, -10],
    [0, 5, 10],
  );
  expect(Array.from(roots)).toEqual([0, 5, 2]);
  expect(asked.length).toBeLessThan(5);
});
