import { mixture } from "../../../../src/layers/experts.ts";
import type { Matrix } from "../../../../src/tensor/matrix.ts";
import * as tf from "../../../../src/tensor/tf.ts";
import { floats, normal, type ConformanceCase } from "../../case.ts";
import { sumOf } from "../../tolerance.ts";

const [E, d, w] = [3, 4, 5];

/** Far apart, so that finite differences do not step over a choice. */
const ROUTER = floats([E, d], [3, -2, 1, 0, -1, 3, 0, 2, 0, 1, -3, -2]);

/** Every expert for every token, the weights of those that are not among its best being 0. */
function plainMixture(
  x: tf.Tensor,
  router: tf.Tensor,
  wide: tf.Tensor,
  narrow: tf.Tensor,
  perToken: number,
): tf.Tensor {
  const probabilities = tf.softmax(tf.matMul(x as tf.Tensor2D, router as tf.Tensor2D, false, true)); // [N,E]
  const isTaken = (probabilities.arraySync() as number[][]).map((row) => {
    const least = row.toSorted((one, other) => other - one)[perToken - 1]!;
    return row.map((value) => Number(value >= least)); // decided on the numbers: no gradient
  });
  const shares = tf.mul(probabilities, tf.tensor2d(isTaken));
  const weights = tf.div(shares, tf.sum(shares, 1, true));
  const outputs = Array.from({ length: E }, (_, expert) => {
    const rows = (of: tf.Tensor, count: number): tf.Tensor2D =>
      tf.slice(of as tf.Tensor2D, [expert * count, 0], [count, -1]);
    const [gate, up] = tf.split(tf.matMul(x as tf.Tensor2D, rows(wide, 2 * w), false, true), 2, 1) as [
      tf.Tensor,
      tf.Tensor,
    ];
    const active = tf.mul(tf.div(gate, tf.add(1, tf.exp(tf.neg(gate)))), up);
    const out = tf.matMul(active, rows(narrow, d), false, true);
    return tf.mul(out, tf.slice(weights as tf.Tensor2D, [0, expert], [-1, 1]));
  });
  return tf.addN(outputs);
}

/** A tensor as a matrix that has a gradient too. */
function matrix(values: tf.Tensor): Matrix {
  const [outSize, inSize] = values.shape as [number, number];
  return { kind: "trainable", outSize, inSize, values: values as tf.Variable<tf.Rank.R2> };
}

export const expertCases: readonly ConformanceCase[] = [1, 2, 3].map((perToken) => ({
  name: `mixture: ${perToken} of ${E} experts a token`,
  operations: ["mixture"],
  inputs: [normal([6, d]), ROUTER, normal([E * 2 * w, d], "wide"), normal([E * d, w], "narrow")],
  run: (x, router, wide, narrow) => {
    const parts = (of: tf.Tensor, count: number) =>
      Array.from({ length: E }, (_, expert) => matrix(tf.slice(of as tf.Tensor2D, [expert * count, 0], [count, -1])));
    const weights = { router: matrix(router), gateUp: parts(wide, 2 * w), down: parts(narrow, d) };
    const setting = { count: E, perToken, size: w, normalised: true };
    return mixture(x as tf.Tensor2D, weights, setting, "silu");
  },
  reference: (x, router, wide, narrow) => plainMixture(x, router, wide, narrow, perToken),
  differentiable: [0, 1, 2, 3],
  tolerance: sumOf(8 * w),
}));
