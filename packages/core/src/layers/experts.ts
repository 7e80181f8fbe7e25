import type { Activation, ModelConfig } from "../schema/model.ts";
import { asType } from "../tensor/as-type.ts";
import { gatherRows } from "../tensor/gather.ts";
import { linear, type Matrix } from "../tensor/matrix.ts";
import { nativeType } from "../tensor/native.ts";
import * as tf from "../tensor/tf.ts";
import { gated } from "./activations.ts";

/** MLPs of which each token takes some. */
export interface ExpertWeights {
  /** [E,d] */
  router: Matrix;
  /** [2w,d] for each expert: gate, then up */
  gateUp: Matrix[];
  /** [d,w] for each expert */
  down: Matrix[];
}

/**
 * Sum of the MLPs that the router prefers for each token, weighted by its softmax: x [N,d] -> [N,d], stored as x is. Which
 * experts a token takes is decided on the numbers themselves and has no gradient; their weights have one.
 */
export function mixture(
  x: tf.Tensor2D,
  { router, gateUp, down }: ExpertWeights,
  { perToken, normalised }: NonNullable<ModelConfig["experts"]>,
  activation: Activation,
): tf.Tensor2D {
  const [tokens, width] = x.shape;
  const input = asType(x, "float32");
  const probabilities = tf.softmax(linear(input, router) as tf.Tensor2D); // [N,E]
  const chosen = largest(probabilities, perToken); // [N][k]
  const rows = gateUp.map((_, expert) => chosen.flatMap((experts, token) => (experts.includes(expert) ? [token] : [])));
  const outputs = rows.flatMap((own, expert) => {
    if (own.length === 0) return [];
    const taken = gatherRows(input, indices(own));
    return [linear(gated([linear(taken, gateUp[expert]!) as tf.Tensor2D], activation), down[expert]!) as tf.Tensor2D];
  });
  const next = rows.map((_, expert) => rows.slice(0, expert).reduce((sum, { length }) => sum + length, 0));
  const places = chosen.flatMap((experts) => experts.map((expert) => next[expert]!++)); // in the order of their tokens
  const ordered = gatherRows(outputs.length === 1 ? outputs[0]! : tf.concat(outputs, 0), indices(places)); // [N*k,d]

  const flat: tf.Tensor2D = tf.reshape(probabilities, [-1, 1]); // [N*E,1]
  const at = chosen.flatMap((experts, token) => experts.map((expert) => token * gateUp.length + expert));
  const shares: tf.Tensor2D = tf.reshape(gatherRows(flat, indices(at)), [tokens, perToken]);
  const weights = normalised ? tf.div(shares, tf.sum(shares, 1, true)) : shares;
  const weighted = tf.mul(tf.reshape(ordered, [tokens, perToken, width]), tf.reshape(weights, [tokens, perToken, 1]));
  return asType(tf.sum(weighted, 1), nativeType(x));
}

const indices = (values: readonly number[]): tf.Tensor1D => tf.tensor1d(Int32Array.from(values), "int32");

/** The columns of the `count` largest values of each row. */
function largest(values: tf.Tensor2D, count: number): number[][] {
  const [rows, columns] = values.shape;
  const numbers = values.dataSync<"float32">();
  return Array.from({ length: rows }, (_, row) => {
    const own = numbers.subarray(row * columns, (row + 1) * columns);
    return Array.from(own.keys())
      .sort((one, other) => own[other]! - own[one]!)
      .slice(0, count);
  });
}
