import { checkShape } from "../tensor/shape.ts";
import * as tf from "../tensor/tf.ts";

/**
 * How much each of n known responses to a prompt is wanted at a preference: softmax_y(a . r(y) / tau), [n]. Of responses that
 * were drawn from the base model it is the KL-regularised optimum at the KL weight tau, as far as they show it
 * (self-normalised importance weights; reward-weighted regression, Peters & Schaal 2007).
 * @param scores [n][K], larger is better
 * @param rewardTemperature tau, in units of the rewards
 */
export function imitationTarget(
  scores: readonly (readonly number[])[],
  preference: readonly number[],
  rewardTemperature: number,
): number[] {
  const values = scores.map(
    (row) => row.reduce((sum, score, axis) => sum + preference[axis]! * score, 0) / rewardTemperature,
  );
  const largest = Math.max(...values);
  const weights = values.map((value) => Math.exp(value - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Too small to change a weight that counts; 0 / LEAST is 0. */
const LEAST = 1e-12;

export type ImitationLoss = {
  /** mean of -L(y) over the responses, nats */
  loss: tf.Scalar;
  /** the same, each response weighted by how much the objective counted for it [K]; 0 where it counted for none */
  objectiveLosses: tf.Tensor1D;
};

/**
 * Cross-entropy of the policy with responses that were drawn from `imitationTarget`, differentiable in `sequenceLogProbs`.
 * @param input.sequenceLogProbs L(y) of each response, nats [B]
 * @param input.preference a, one for each response [B,K]
 * @throws UniArmError shape-mismatch
 */
export function imitationLoss({
  sequenceLogProbs,
  preference,
}: {
  sequenceLogProbs: tf.Tensor1D;
  preference: tf.Tensor2D;
}): ImitationLoss {
  checkShape(preference, [sequenceLogProbs.shape[0], null], "The preference [responses, objectives]");
  return tf.tidy(() => {
    const losses = tf.neg(sequenceLogProbs); // [B]
    const weighted = tf.sum(tf.mul(preference, tf.expandDims(losses, 1)), 0); // [K]
    const weights = tf.sum(preference, 0); // [K]
    const objectiveLosses = tf.div<tf.Tensor1D>(weighted, tf.add(weights, LEAST));
    return { loss: tf.mean<tf.Scalar>(losses), objectiveLosses };
  });
}
