import * as tf from "../../../src/tensor/tf.ts";
import { bfloat16Rounded } from "../../../src/testing/bfloat16.ts";
import { normal, type ConformanceCase, type TensorValues } from "../case.ts";
import { bfloat16, sumOf } from "../tolerance.ts";

const SIDES = [false, true];

/** Shapes of a and b before either is transposed. */
const SHAPES: readonly (readonly [a: number[], b: number[], terms: number])[] = [
  [[2, 3], [3, 4], 3],
  [[1, 5], [5, 1], 5], // a dot product
  [[4, 1], [1, 3], 1], // an outer product
  [[17, 130], [130, 33], 130], // past the blocks that fast code works in, with a rest on each side
  [[2, 3, 4], [2, 4, 5], 4],
  [[2, 2, 3, 4], [2, 2, 4, 2], 4],
  [[3, 1, 2], [3, 2, 1], 2],
];

const transposed = (shape: readonly number[]): number[] => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];

const products = SHAPES.flatMap(([a, b, terms]) =>
  SIDES.flatMap((left) =>
    SIDES.map((right): ConformanceCase => {
      const [shapeA, shapeB] = [left ? transposed(a) : [...a], right ? transposed(b) : [...b]];
      const sides = `${left ? "transposed " : ""}[${shapeA.join(", ")}] times ${right ? "transposed " : ""}`;
      return {
        name: `matMul: ${sides}[${shapeB.join(", ")}]`,
        operations: ["matMul"],
        inputs: [normal(shapeA, "left"), normal(shapeB, "right")],
        run: (x, y) => tf.matMul(x, y, left, right),
        differentiable: [0, 1],
        tolerance: sumOf(terms),
        gradientTolerance: sumOf(Math.max(...a, ...b), 2), // a gradient sums over the other axes
      };
    }),
  ),
);

const [activations, weights] = [normal([5, 64], "activations"), normal([7, 64], "weights")];

const edges: ConformanceCase[] = [
  {
    name: "matMul: operands rounded to bfloat16, against the product of what they were",
    operations: ["matMul"],
    inputs: [activations, weights, bfloat16ValuesOf(activations), bfloat16ValuesOf(weights)],
    run: (_x, _weight, x, weight) => tf.matMul(x, weight, false, true),
    reference: (x, weight) => tf.matMul(x, weight, false, true),
    tolerance: bfloat16(64),
  },
  {
    name: "matMul: one matrix [1, 3, 4] for a batch [5, 4, 2], forward",
    operations: ["matMul"],
    inputs: [normal([1, 3, 4]), normal([5, 4, 2])],
    run: (a, b) => tf.matMul(a, b),
    tolerance: sumOf(4),
  },
  {
    name: "matMul: no rows, [0, 3] times [3, 4]",
    operations: ["matMul"],
    inputs: [normal([0, 3]), normal([3, 4])],
    run: (a, b) => tf.matMul(a, b),
    tolerance: sumOf(1),
  },
  {
    name: "matMul: hidden states to a vocabulary of 32,000",
    operations: ["matMul"],
    inputs: [normal([2, 8]), normal([32000, 8])],
    run: (x, weight) => tf.matMul(x, weight, false, true),
    differentiable: [0],
    tolerance: sumOf(8, 2),
    gradientTolerance: sumOf(32000),
  },
];

function bfloat16ValuesOf(x: TensorValues): TensorValues {
  return { ...x, values: [...bfloat16Rounded(x.values)] };
}

export const productCases: readonly ConformanceCase[] = [...products, ...edges];
