import { checkShape } from "../tensor/shape.ts";
import * as tf from "../tensor/tf.ts";
import { softplus } from "./softplus.ts";

export interface MarginLossInput {
  /** D of the pairs, nats, [B]: for the guided policy less what the base model makes of it */
  difference: tf.Tensor1D;
  /** a, one for each pair, [B,K] */
  preference: tf.Tensor2D;
  /** score(y0) - score(y1), larger is better, [B,K] */
  margins: tf.Tensor2D;
  beta: number;
  /** tau, in units of the rewards */
  rewardTemperature: number;
}

export type MarginLoss = {
  /** mean over the pairs */
  loss: tf.Scalar;
  /** the same with each objective alone, means over the pairs [K] */
  objectiveLosses: tf.Tensor1D;
};

/**
 * Cross-entropy of B pairs with the label that their scores give: l = softplus(beta D) - q beta D, q = sigmoid(a . margin / tau),
 * differentiable in `difference`. With D against the base model it is least where the policy is
 * p_base exp(a . r / (tau beta)) / Z, whatever a (DPO's optimum at the KL weight tau beta).
 * @throws UniArmError shape-mismatch
 */
export function marginLoss({ difference, preference, margins, beta, rewardTemperature }: MarginLossInput): MarginLoss {
  const [pairs, objectives] = [difference.shape[0], margins.shape[1]];
  checkShape(margins, [pairs, objectives], "The margins [pairs, objectives]");
  checkShape(preference, [pairs, objectives], "The preference [pairs, objectives]");
  return tf.tidy(() => {
    const scaled = tf.mul<tf.Tensor1D>(difference, beta); // [B]
    const free = softplus(scaled); // [B], the loss of a pair that response 1 wins for certain
    const label = tf.sigmoid(tf.div(tf.sum(tf.mul(preference, margins), 1), rewardTemperature)); // [B]
    const loss: tf.Scalar = tf.mean(tf.sub(free, tf.mul(label, scaled)));
    const labels = tf.sigmoid(tf.div(margins, rewardTemperature)); // [B,K] at each objective's own corner
    const losses = tf.sub(tf.reshape(free, [pairs, 1]), tf.mul(labels, tf.reshape(scaled, [pairs, 1])));
    return { loss, objectiveLosses: tf.mean<tf.Tensor1D>(losses, 0) };
  });
}
