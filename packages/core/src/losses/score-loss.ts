import { checkShape } from "../tensor/shape.ts";
import * as tf from "../tensor/tf.ts";
import { softplus } from "./softplus.ts";

export interface ScoreLossInput {
  /** r_i(y0) - r_i(y1), [B,K] */
  difference: tf.Tensor2D;
  /** s: +1 response 0 wins, -1 response 1 wins, 0 neither: no loss and no gradient, [B,K] */
  signs: tf.Tensor2D;
  /** what each objective counts [K]; default 1 */
  objectiveWeights?: readonly number[];
}

export interface ScoreLoss {
  /** mean over the pairs of sum_i w_i l_i, w the weights of the objectives */
  loss: tf.Scalar;
  /** means of l_i over the pairs, [K] */
  objectiveLosses: tf.Tensor1D;
}

/**
 * Bradley-Terry loss of B pairs that are scored for each objective, differentiable in `difference`:
 * l_i = -log sigmoid(s_i (r_i(y0) - r_i(y1))), so r(winner) - r(loser) where there is a winner.
 * @throws UniArmError shape-mismatch
 */
export function scoreLoss({ difference, signs, objectiveWeights }: ScoreLossInput): ScoreLoss {
  checkShape(signs, difference.shape, "The signs [pairs, objectives]");
  return tf.tidy(() => {
    const losses = tf.mul(softplus(tf.neg(tf.mul(signs, difference))), tf.abs(signs)); // [B,K]
    const objectiveLosses = tf.mean<tf.Tensor1D>(losses, 0); // [K]
    const weighted = objectiveWeights ? tf.mul(objectiveLosses, tf.tensor1d([...objectiveWeights])) : objectiveLosses;
    return { loss: tf.sum<tf.Scalar>(weighted), objectiveLosses };
  });
}
