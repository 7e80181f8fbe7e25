import * as tf from "../../../src/tensor/tf.ts";
import { floats, integers, mapped, normal, type ConformanceCase } from "../case.ts";
import { exact } from "../tolerance.ts";

const TIES = floats([4, 5], [
  1, 3, 3, 2, 3,
  0, 0, 0, 0, 0,
  -Infinity, -Infinity, -1, -Infinity, -1,
  5, -1, 5, 9, 9,
]); // prettier-ignore

/** Quarters only, so that most values meet another one. */
const rounded = (shape: number[]): ReturnType<typeof normal> =>
  mapped(normal(shape), (value) => Math.round(value * 4) / 4);

const topk = (count: number) => (x: tf.Tensor) => {
  const { values, indices } = tf.topk(x, count, true);
  return [values, indices];
};

/** Choices of indices: of equal values the first is taken, on every engine. */
export const choiceCases: readonly ConformanceCase[] = [
  {
    name: "argMax: ties and infinities, [4, 5]",
    operations: ["argMax"],
    inputs: [TIES],
    run: (x) => tf.argMax(x, 1),
    tolerance: exact,
  },
  {
    name: "argMax: along 0 and the last axis of [3, 4, 2]",
    operations: ["argMax"],
    inputs: [rounded([3, 4, 2])],
    run: (x) => [tf.argMax(x, 0), tf.argMax(x, -1)],
    tolerance: exact,
  },
  {
    name: "argMax: one column, [3, 1]",
    operations: ["argMax"],
    inputs: [normal([3, 1])],
    run: (x) => tf.argMax(x, 1),
    tolerance: exact,
  },
  {
    name: "argMax: a row of -Infinity alone",
    operations: ["argMax"],
    inputs: [floats([2, 3], [-Infinity, -Infinity, -Infinity, -3e38, -Infinity, -3e38])],
    run: (x) => tf.argMax(x, 1),
    tolerance: exact,
  },
  {
    name: "argMax: a vocabulary of 32,000 with ties",
    operations: ["argMax"],
    inputs: [rounded([3, 32000])],
    run: (x) => tf.argMax(x, 1),
    tolerance: exact,
  },
  {
    name: "argMax: a NaN after the first place is passed over",
    operations: ["argMax"],
    inputs: [floats([2, 3], [1, NaN, 2, 3, NaN, 2])],
    run: (x) => tf.argMax(x, 1),
    tolerance: exact,
  },
  {
    name: "argMax: a NaN in the first place",
    operations: ["argMax"],
    inputs: [floats([1, 3], [NaN, 1, 2])],
    run: (x) => tf.argMax(x, 1),
    tolerance: exact,
    differs: { tensorflow: "it passes over every NaN; logits that are no numbers choose no token worth having" },
  },
  {
    name: "argMax: int32 rows",
    operations: ["argMax"],
    inputs: [integers([2, 3], [4, 9, 9, -1, -1, -5])],
    run: (x) => tf.argMax(x, 1),
    tolerance: exact,
  },
  ...[1, 3, 5].map((count): ConformanceCase => ({
    name: `topk: ${count} of 5, ties and infinities`,
    operations: ["topk"],
    inputs: [TIES],
    run: topk(count),
    tolerance: exact,
  })),
  {
    name: "topk: 50 of a vocabulary of 32,000 with ties",
    operations: ["topk"],
    inputs: [rounded([2, 32000])],
    run: topk(50),
    tolerance: exact,
  },
  {
    name: "topk: 3 of the last axis of [2, 2, 6]",
    operations: ["topk"],
    inputs: [normal([2, 2, 6])],
    run: topk(3),
    tolerance: exact,
  },
];
