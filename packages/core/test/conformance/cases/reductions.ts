import * as tf from "../../../src/tensor/tf.ts";
import { floats, mapped, normal, type ConformanceCase } from "../case.ts";
import { exponentials, sumOf, transcendental, type Tolerance } from "../tolerance.ts";

type Axes = number | number[] | undefined;

/** Shape, axes, whether the axes are kept: first, middle, last, several, all; axes of size 1 and 0. */
const REDUCED: readonly (readonly [shape: number[], axes: Axes, keep: boolean])[] = [
  [[7], undefined, false],
  [[], undefined, false],
  [[3, 4], 0, false],
  [[3, 4], 1, true],
  [[2, 3, 4], -1, true],
  [[2, 3, 4], 1, false],
  [[2, 3, 4], [0, 1], false],
  [[2, 3, 4], undefined, false],
  [[5, 1], 1, false],
  [[2, 1000], -1, false],
];

const reductions = REDUCED.flatMap(([shape, axes, keep]) =>
  (["sum", "mean"] as const).map((name): ConformanceCase => {
    const along = axes === undefined ? "all" : `along ${[axes].flat().join(", ")}`;
    return {
      name: `${name}: [${shape.join(", ")}] ${along}${keep ? ", kept" : ""}`,
      operations: [name],
      inputs: [normal(shape)],
      run: (x) => tf[name](x, axes, keep),
      differentiable: [0],
      tolerance: sumOf(shape.reduce((product, axis) => product * axis, 1)),
    };
  }),
);

const empty: ConformanceCase = {
  name: "sum: no row of [0, 3], along 0 and all",
  operations: ["sum"],
  inputs: [normal([0, 3])],
  run: (x) => [tf.sum(x, 0), tf.sum(x)],
  tolerance: sumOf(1),
};

const large = (shape: number[], offset: number): ReturnType<typeof normal> =>
  mapped(normal(shape, `around ${offset}`), (value) => offset + value);

/** Numbers around 1000 have 13 bits left after the point: 6e-5. What is taken of them keeps that. */
const AROUND_1000: Tolerance = { relative: 1e-6, absolute: 2e-4, reason: "inputs around 1000 are 6e-5 apart" };

const LARGE_GRADIENT: Tolerance = {
  relative: 1e-6,
  absolute: 1e-5,
  reason: "a sum of 32,000 upstream gradients or shares, in another order, is taken from numbers around 1",
};

type Normaliser = (x: tf.Tensor) => tf.Tensor;
const NORMALISERS: readonly (readonly [name: string, Normaliser])[] = [
  ["softmax", (x) => tf.softmax(x)],
  ["logSoftmax", (x) => tf.logSoftmax(x)],
  ["logSumExp", (x) => tf.logSumExp(x, -1, true)],
];

const normalisers = NORMALISERS.flatMap(([name, run]): ConformanceCase[] => {
  const one = (what: string, input: ReturnType<typeof normal>, tolerance: Tolerance): ConformanceCase => ({
    name: `${name}: ${what}`,
    operations: [name],
    inputs: [input],
    run: run,
    differentiable: [0],
    tolerance,
  });
  const forwardOnly = { differentiable: undefined };
  return [
    one("[3, 7]", normal([3, 7]), transcendental),
    one("[2, 2, 3, 5]", normal([2, 2, 3, 5]), transcendental),
    one("one column, [4, 1]", normal([4, 1]), transcendental),
    one("inputs around 1000", large([3, 5], 1000), AROUND_1000),
    one("inputs around -1000", large([3, 5], -1000), AROUND_1000),
    one("columns hidden by -1e9", hidden(-1e9), transcendental),
    { ...one("columns hidden by -Infinity", hidden(-Infinity), transcendental), ...forwardOnly },
    { ...one("inputs far apart", floats([2, 3], [1e4, 0, -1e4, -3e38, 0, 50]), transcendental), ...forwardOnly },
    {
      ...one("a vocabulary of 32,000", normal([2, 32000]), exponentials(32000)),
      gradientTolerance: name === "softmax" ? exponentials(32000) : LARGE_GRADIENT,
      probes: [[0, 1, 31999, 32000, 63999]],
    },
  ];
});

/** The last columns of every row but the first hidden, as padding is. */
function hidden(by: number): ReturnType<typeof normal> {
  return mapped(normal([3, 4]), (value, index) => (index % 4 > 3 - Math.floor(index / 4) ? by : value));
}

const rows: ConformanceCase[] = [
  {
    name: "logSumExp: [3, 5] along 0, not kept",
    operations: ["logSumExp"],
    inputs: [normal([3, 5])],
    run: (x) => tf.logSumExp(x, 0),
    differentiable: [0],
    tolerance: transcendental,
  },
  {
    name: "softmax, logSoftmax, logSumExp: a row of -Infinity alone is NaN, its neighbour is not",
    operations: ["softmax", "logSoftmax", "logSumExp"],
    inputs: [floats([2, 2], [-Infinity, -Infinity, 0, -Infinity])],
    run: (x) => [tf.softmax(x), tf.logSoftmax(x), tf.logSumExp(x, 1)],
    tolerance: transcendental,
  },
  {
    name: "softmax, logSoftmax: no row, [0, 3]",
    operations: ["softmax", "logSoftmax"],
    inputs: [normal([0, 3])],
    run: (x) => [tf.softmax(x), tf.logSoftmax(x)],
    tolerance: transcendental,
  },
  {
    name: "softmax: a row that is hidden whole by -1e9 is uniform",
    operations: ["softmax"],
    inputs: [floats([2, 3], [-1e9, -1e9, -1e9, 1, 2, 3])],
    run: (x) => tf.softmax(x),
    tolerance: transcendental,
  },
];

export const reductionCases: readonly ConformanceCase[] = [...reductions, empty, ...normalisers, ...rows];
