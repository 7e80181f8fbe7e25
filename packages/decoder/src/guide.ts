import { checkShape, tf } from "@uniarm/core";
import type { GuidedLogits } from "./guided-batch.ts";

/** What one reward model says of the next token, and how much it counts. */
export interface ArmLogits {
  /** logits or log-probabilities [N,V] */
  logits: tf.Tensor2D;
  /** c_i of each row [N]; 1 / beta for a single reward model */
  coefficients: tf.Tensor1D;
}

/**
 * The guided distribution of GenARM, PARM and UniARM: log p = log p_base + sum_i c_i log p_i - log Z -> [N,V].
 *
 * @param base logits or log-probabilities of the frozen model [N,V]; the larger vocabulary is cut to the smallest
 * @throws UniArmError shape-mismatch
 */
export function guidedLogProbs(base: tf.Tensor2D, arms: readonly ArmLogits[]): tf.Tensor2D {
  return tf.tidy(() => tf.logSoftmax(guidedScores(base, arms)));
}

/** `guidedLogProbs` up to a constant of each row: enough for an argmax, and what log-softmax makes `guidedLogProbs` of. */
export function guidedScores(base: tf.Tensor2D, arms: readonly ArmLogits[]): tf.Tensor2D {
  const rows = base.shape[0];
  for (const { logits, coefficients } of arms) {
    checkShape(logits, [rows, null], "A reward model's logits");
    checkShape(coefficients, [rows], "A reward model's coefficients");
  }
  const vocabulary = Math.min(base.shape[1], ...arms.map(({ logits }) => logits.shape[1]));
  return tf.tidy(() =>
    // The operands' own normalisers are constants of a row: Z takes them up, so raw logits serve as they are.
    arms.reduce(
      (sum, { logits, coefficients }) =>
        tf.add(sum, tf.mul(firstColumns(logits, vocabulary), tf.expandDims(coefficients, 1))),
      tf.clone(firstColumns(base, vocabulary)),
    ),
  );
}

/** Log-probabilities of the next token up to a constant of the row, [N,V]. */
export function scoresOf({ logits, coefficients }: GuidedLogits): tf.Tensor2D {
  const [base, ...others] = tf.split<tf.Tensor2D>(logits, coefficients.length + 1, 0); // [N,V] each
  const arms = coefficients.map((row, lane) => ({ logits: others[lane]!, coefficients: tf.tensor1d([...row]) }));
  return guidedScores(base!, arms);
}

const firstColumns = (x: tf.Tensor2D, count: number): tf.Tensor2D =>
  x.shape[1] === count ? x : tf.slice(x, [0, 0], [-1, count]);
