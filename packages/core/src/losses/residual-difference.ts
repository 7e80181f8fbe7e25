import { checkShape } from "../tensor/shape.ts";
import * as tf from "../tensor/tf.ts";

/** MODPO's frozen part of B pairs: what the objectives that are not trained on want of them. */
export interface OtherRewards {
  /** sum over the others of w_j (R_j(y0) - R_j(y1)) [B] */
  differences: tf.Tensor1D;
  /** w_0 of the objective whose labels are trained on */
  share: number;
  /** beta of that objective's loss */
  beta: number;
}

/**
 * What is left of D for the objective whose labels are trained on, D' = (D - others / beta) / w_0 [B]: with it beta D' is
 * MODPO's z = (beta D - sum_j w_j (R_j(y0) - R_j(y1))) / w_0, and its loss is that of single pairs.
 * @param difference D, of log-ratios to the base model [B]
 * @throws UniArmError shape-mismatch
 */
export function residualDifference(difference: tf.Tensor1D, { differences, share, beta }: OtherRewards): tf.Tensor1D {
  checkShape(differences, difference.shape, "The reward differences [pairs]");
  return tf.tidy(() => tf.div(tf.sub(difference, tf.div(differences, beta)), share));
}
