import { rmsNorm, swiGlu } from "../../src/model/layers.ts";
import { attend } from "../../src/model/attend.ts";
import { gatherRows } from "../../src/tensor/gather.ts";
import { logSoftmaxAt } from "../../src/tensor/log-probs.ts";
import * as tf from "../../src/tensor/tf.ts";

/** An input: its shape and what its numbers are like. Integers count up from 0 over their limit. */
export interface Input {
  shape: number[];
  /** normal: N(0, 1); positive: 0.5 ... 2; integers: index % limit, as int32; far: N(0, 1) times 300 */
  values: "normal" | "positive" | "far" | { integersBelow: number };
}

/** One operation at one shape. Every engine must give what the `cpu` engine gives, and its numeric gradient. */
export interface Case {
  name: string;
  /** names under which the sources call it: `tf.<name>(` */
  covers: readonly string[];
  inputs: readonly Input[];
  run: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** false: the result is piecewise constant or of integers */
  differentiable?: boolean;
}

const normal = (...shape: number[]): Input => ({ shape, values: "normal" });
const positive = (...shape: number[]): Input => ({ shape, values: "positive" });
const far = (...shape: number[]): Input => ({ shape, values: "far" });
const below = (limit: number, ...shape: number[]): Input => ({ shape, values: { integersBelow: limit } });

const elementwise = (
  name: "add" | "sub" | "mul" | "div" | "minimum",
  run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): Case[] =>
  [
    [
      [3, 4],
      [3, 4],
    ],
    [[2, 3, 4], [4]],
    [
      [2, 3, 4],
      [2, 1, 4],
    ],
    [
      [5, 1],
      [1, 7],
    ],
    [[4], []],
  ].map(([a, b]) => ({
    name: `${name} of [${a!.join()}] and [${b!.join()}]`,
    covers: [name],
    inputs: [normal(...a!), name === "div" ? positive(...b!) : normal(...b!)],
    run,
    differentiable: name !== "minimum", // it has kinks, and TensorFlow.js does not sum its gradient over broadcast axes
  }));

const unary = (name: string, input: Input, run: (x: tf.Tensor) => tf.Tensor, differentiable = true): Case => ({
  ...{ name: `${name} of [${input.shape.join()}]`, covers: [name], inputs: [input], run, differentiable },
});

const product = (a: number[], b: number[], left: boolean, right: boolean): Case => ({
  name: `matMul of [${a.join()}]${left ? "^T" : ""} and [${b.join()}]${right ? "^T" : ""}`,
  covers: ["matMul"],
  inputs: [normal(...a), normal(...b)],
  run: (x, y) => tf.matMul(x, y, left, right),
});

export const OPERATIONS: readonly Case[] = [
  ...elementwise("add", tf.add),
  ...elementwise("sub", tf.sub),
  ...elementwise("mul", tf.mul),
  ...elementwise("div", tf.div),
  ...elementwise("minimum", tf.minimum),
  {
    name: "addN of three",
    covers: ["addN"],
    inputs: [normal(3, 2), normal(3, 2), normal(3, 2)],
    run: (...all) => tf.addN(all),
  },

  product([5, 3], [3, 4], false, false),
  product([5, 3], [4, 3], false, true),
  product([3, 5], [3, 4], true, false),
  product([3, 5], [4, 3], true, true),
  product([1, 3], [3, 1], false, false),
  product([2, 3, 5, 4], [2, 3, 6, 4], false, true),
  product([2, 3, 5, 6], [2, 3, 6, 4], false, false),
  product([40, 70], [33, 70], false, true), // past the blocks that kernels work in

  unary("exp", normal(3, 5), tf.exp),
  unary("log", positive(3, 5), tf.log),
  unary("sqrt", positive(7), tf.sqrt),
  unary("rsqrt", positive(7), tf.rsqrt),
  unary("square", normal(2, 3), tf.square),
  unary("neg", normal(2, 3), tf.neg),
  unary("abs", positive(2, 3), tf.abs),
  unary("sigmoid", normal(2, 3), tf.sigmoid),
  unary("sigmoid", far(2, 3), tf.sigmoid, false), // flat out there
  unary("relu", positive(2, 3), tf.relu),
  unary("sign", normal(2, 3), tf.sign, false),

  unary("sum", normal(3, 4), (x) => tf.sum(x)),
  unary("sum", normal(3, 4, 2), (x) => tf.sum(x, [0, 1])),
  unary("mean", normal(3, 4), (x) => tf.mean(x, -1, true)),
  unary("mean", normal(3, 1), (x) => tf.mean(x, 1)),
  unary("mean", normal(6), (x) => tf.mean(x)),
  unary("softmax", normal(2, 3, 5), (x) => tf.softmax(x)),
  unary("softmax", far(4, 5), (x) => tf.softmax(x), false),
  unary("logSoftmax", normal(4, 5), (x) => tf.logSoftmax(x)),
  unary("logSoftmax", normal(2, 3000), (x) => tf.logSoftmax(x), false), // a vocabulary; its gradient is below float32's noise
  unary("logSumExp", normal(4, 5), (x) => tf.logSumExp(x, 1)),
  unary("logSumExp", far(4, 5), (x) => tf.logSumExp(x, 1, true), false),

  unary("reshape", normal(2, 6), (x) => tf.reshape(x, [3, -1])),
  unary("squeeze", normal(2, 1, 3), (x) => tf.squeeze(x, [1])),
  unary("expandDims", normal(2, 3), (x) => tf.expandDims(x, 1)),
  unary("transpose", normal(3, 4), (x) => tf.transpose(x)),
  unary("transpose", normal(2, 3, 4, 5), (x) => tf.transpose(x, [0, 2, 1, 3])),
  unary("slice", normal(4, 5), (x) => tf.slice(x, [1, 2], [2, -1])),
  unary("slice", normal(2, 3, 4), (x) => tf.slice(x, [0, 2, 0], [-1, 1, -1])),
  unary("pad", normal(2, 3), (x) =>
    tf.pad(x, [
      [1, 0],
      [2, 1],
    ]),
  ),
  unary("clone", normal(2, 3), (x) => tf.clone(x)),
  unary("split", normal(2, 7), (x) => tf.concat(tf.split(x, [2, 4, 1], 1).toReversed(), 1)),
  unary("split", normal(6, 2), (x) => tf.addN(tf.split(x, 3, 0))),
  unary("unstack", normal(3, 2, 4), (x) => tf.mul(tf.unstack(x, 0)[0]!, tf.unstack(x, 0)[2]!)),
  {
    name: "concat along the first axis",
    covers: ["concat"],
    inputs: [normal(2, 3), normal(1, 3)],
    run: (a, b) => tf.concat([a, b], 0),
  },
  {
    name: "concat along the last axis",
    covers: ["concat"],
    inputs: [normal(2, 1, 3), normal(2, 1, 2)],
    run: (a, b) => tf.concat([a, b], 2),
  },
  { name: "stack", covers: ["stack"], inputs: [normal(2, 3), normal(2, 3)], run: (a, b) => tf.stack([a, b], 1) },

  {
    name: "gather of rows that repeat",
    covers: ["gather"],
    inputs: [normal(4, 3), below(3, 7)],
    run: (x, at) => tf.gather(x, at),
  },
  {
    ...{ name: "gatherND", covers: ["gatherND"], inputs: [normal(4, 3), below(3, 5, 2)], differentiable: false },
    run: (x, at) => tf.gatherND(x, at),
  },
  {
    ...{ name: "scatterND adds what falls on the same place", covers: ["scatterND"], differentiable: false },
    ...{ inputs: [below(2, 6, 1), normal(6, 3)], run: (at, x) => tf.scatterND(at, x, [4, 3]) },
  },
  {
    ...{ name: "unsortedSegmentSum with segments that are empty", covers: ["unsortedSegmentSum"] },
    ...{ inputs: [normal(6, 3), below(3, 6)], run: (x, at) => tf.unsortedSegmentSum(x, at as tf.Tensor1D, 5) },
  },
  {
    ...{ name: "where", covers: ["where", "greater"], inputs: [normal(3, 4), normal(3, 4)] },
    run: (a, b) => tf.where(tf.greater(tf.range(0, 4), 1), a, b),
  },
  unary("argMax", normal(3, 40), (x) => tf.argMax(x, 1), false),
  {
    name: "argMax takes the first of equal entries",
    covers: ["argMax"],
    inputs: [below(3, 2, 9)],
    run: (x) => tf.argMax(tf.cast(x, "float32"), 1),
    differentiable: false,
  },
  unary("topk", normal(2, 30), (x) => tf.topk(x, 5, true).values, false),
  unary("topk", normal(2, 30), (x) => tf.topk(x, 5, true).indices, false),
  {
    name: "range, zeros, ones and their likes",
    covers: ["range", "zeros", "ones", "zerosLike"],
    inputs: [normal(3)],
    run: (x) => tf.addN([tf.range(0, 3), tf.zeros([3]), tf.ones([3]), tf.zerosLike(x), x]),
  },

  {
    name: "rmsNorm",
    covers: [],
    inputs: [normal(3, 5), positive(5)],
    run: (x, weight) => rmsNorm(x as tf.Tensor2D, weight as tf.Tensor1D, 1e-5, true),
  },
  { name: "swiGlu", covers: [], inputs: [normal(3, 10)], run: (x) => swiGlu([x as tf.Tensor2D]) },
  {
    ...{ name: "attend, two blocks of grouped heads", covers: [] },
    inputs: [normal(2, 4, 3, 5), normal(2, 2, 4, 5), normal(2, 2, 4, 5), normal(2, 2, 2, 5), normal(2, 2, 2, 5)],
    run: (query, ...blocks) => {
      const [k, v, k2, v2] = blocks as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
      return attend(
        query as tf.Tensor4D,
        [
          { keys: k, values: v },
          { keys: k2, values: v2 },
        ],
        null,
      );
    },
  },
  {
    name: "logSoftmaxAt",
    covers: [],
    inputs: [normal(4, 9), below(9, 4)],
    run: (x, ids) => logSoftmaxAt(x as tf.Tensor2D, ids as tf.Tensor1D),
  },
  {
    name: "gatherRows that repeat",
    covers: [],
    inputs: [normal(4, 3), below(3, 7)],
    run: (x, at) => gatherRows(x as tf.Tensor2D, at as tf.Tensor1D),
  },
];
