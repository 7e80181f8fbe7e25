import { headNorms } from "../../../../src/layers/head-norms.ts";
import { layerNorm, rmsNorm } from "../../../../src/layers/norms.ts";
import * as tf from "../../../../src/tensor/tf.ts";
import { mapped, normal, type ConformanceCase } from "../../case.ts";
import { sumOf } from "../../tolerance.ts";

const EPSILON = 1e-5;

const plainRmsNorm = (x: tf.Tensor, weight: tf.Tensor): tf.Tensor =>
  tf.mul(tf.div(x, tf.sqrt(tf.add(tf.mean(tf.mul(x, x), -1, true), EPSILON))), weight);

const rmsNorms = [
  [6, 8],
  [1, 5],
  [2, 300],
].flatMap((shape) => {
  const inputs = [normal(shape), normal(shape.slice(-1), "weight")];
  const of = (trainable: boolean): ConformanceCase => ({
    name: `rmsNorm: [${shape.join(", ")}], ${trainable ? "trained" : "frozen"} weight`,
    operations: ["rmsNorm"],
    inputs,
    run: (x, weight) => rmsNorm(x as tf.Tensor2D, weight as tf.Tensor1D, EPSILON, trainable),
    reference: plainRmsNorm,
    differentiable: trainable ? [0, 1] : [0],
    tolerance: sumOf(shape[1]!),
  });
  return [of(false), of(true)];
});

const smallNorm: ConformanceCase = {
  name: "rmsNorm: rows of zeros and of 1e-4, where epsilon counts",
  operations: ["rmsNorm"],
  inputs: [mapped(normal([3, 6]), (value, index) => (index < 6 ? 0 : value * 1e-4)), normal([6], "weight")],
  run: (x, weight) => rmsNorm(x as tf.Tensor2D, weight as tf.Tensor1D, EPSILON, false),
  reference: plainRmsNorm,
  tolerance: sumOf(6),
};

const layerNorms = [
  [6, 8],
  [2, 300],
].map((shape): ConformanceCase => ({
  name: `layerNorm: [${shape.join(", ")}]`,
  operations: ["layerNorm"],
  inputs: [normal(shape), normal(shape.slice(-1), "weight"), normal(shape.slice(-1), "bias")],
  run: (x, weight, bias) => layerNorm(x as tf.Tensor2D, weight as tf.Tensor1D, bias as tf.Tensor1D, EPSILON),
  reference: (x, weight, bias) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, EPSILON))), weight), bias);
  },
  differentiable: [0, 1, 2],
  tolerance: sumOf(2 * shape[1]!),
}));

/** Two heads of queries, one of keys, one of values: [N, 4 dh]. */
const perHead = [4, 20].flatMap((dh) => {
  const counts = { heads: 2, keyValueHeads: 1, headSize: dh };
  const of = (what: string, apart: (qkv: tf.Tensor2D) => tf.Tensor2D[], trainable: boolean): ConformanceCase => ({
    name: `headNorms: heads of ${dh}, ${what}`,
    operations: ["headNorms"],
    inputs: [normal([5, 4 * dh]), normal([dh], "query"), normal([dh], "key")],
    run: (qkv, query, key) => {
      const weights = { query: query as tf.Tensor1D, key: key as tf.Tensor1D };
      const normed = headNorms(apart(qkv as tf.Tensor2D), weights, counts, { epsilon: EPSILON, trainable });
      return normed.length === 1 ? normed[0]! : tf.concat(normed, 1);
    },
    reference: (qkv, query, key) => {
      const [one, other, keys, values] = tf.split(qkv, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const normed = [plainRmsNorm(one, query), plainRmsNorm(other, query), plainRmsNorm(keys, key)];
      return tf.concat([...normed, values], 1);
    },
    differentiable: trainable ? [0, 1, 2] : [0],
    tolerance: sumOf(dh),
  });
  return [
    of("side by side", (qkv) => [qkv], false),
    of("side by side, trained weights", (qkv) => [qkv], true),
    of("each in its own tensor", (qkv) => tf.split<tf.Tensor2D>(qkv, [2 * dh, dh, dh], 1), false),
  ];
});

/** The same with all heads of queries as one, and all of keys. */
const allHeads = [true, false].map((isApart): ConformanceCase => ({
  name: `headNorms: all heads as one, ${isApart ? "each in its own tensor" : "side by side"}`,
  operations: ["headNorms"],
  inputs: [normal([5, 16]), normal([8], "query"), normal([4], "key")],
  run: (qkv, query, key) => {
    const weights = { query: query as tf.Tensor1D, key: key as tf.Tensor1D };
    const parts = isApart ? tf.split<tf.Tensor2D>(qkv, [8, 4, 4], 1) : [qkv as tf.Tensor2D];
    const counts = { heads: 2, keyValueHeads: 1, headSize: 4 };
    const normed = headNorms(parts, weights, counts, { epsilon: EPSILON, trainable: false });
    return normed.length === 1 ? normed[0]! : tf.concat(normed, 1);
  },
  reference: (qkv, query, key) => {
    const [queries, keys, values] = tf.split(qkv, [8, 4, 4], 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return tf.concat([plainRmsNorm(queries, query), plainRmsNorm(keys, key), values], 1);
  },
  differentiable: [0],
  tolerance: sumOf(16),
}));

export const normCases: readonly ConformanceCase[] = [...rmsNorms, smallNorm, ...layerNorms, ...perHead, ...allHeads];
