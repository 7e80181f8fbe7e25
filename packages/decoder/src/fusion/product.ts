import { checkShape, tf } from "@uniarm/core";

/** What one ARM says about the next token, and how much it counts. */
export interface ArmLogits {
  /** logits or log-probabilities [N,V] */
  logits: tf.Tensor2D;
  /** c_i of each row [N]; 1 / beta for a single ARM */
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

/** `guidedLogProbs` up to a constant per row: enough for an argmax; a log-softmax turns it into `guidedLogProbs`. */
export function guidedScores(base: tf.Tensor2D, arms: readonly ArmLogits[]): tf.Tensor2D {
  const rows = base.shape[0];
  for (const { logits, coefficients } of arms) {
    checkShape(logits, [rows, null], "An ARM's logits");
    checkShape(coefficients, [rows], "An ARM's coefficients");
  }
  const vocabulary = Math.min(base.shape[1], ...arms.map(({ logits }) => logits.shape[1]));
  return tf.tidy(() =>
    // Each operand's own normaliser is constant over a row and goes into Z, so raw logits do as well as log-probabilities.
    arms.reduce(
      (sum, { logits, coefficients }) =>
        tf.add(sum, tf.mul(firstColumns(logits, vocabulary), tf.expandDims(coefficients, 1))),
      tf.clone(firstColumns(base, vocabulary)),
    ),
  );
}

const firstColumns = (x: tf.Tensor2D, count: number): tf.Tensor2D =>
  x.shape[1] === count ? x : tf.slice(x, [0, 0], [-1, count]);
