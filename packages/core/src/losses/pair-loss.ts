import { UniArmError } from "../schema/error.ts";
import type { GlobalLoss } from "../schema/training-settings.ts";
import { checkShape } from "../tensor/shape.ts";
import * as tf from "../tensor/tf.ts";
import { softplus } from "./softplus.ts";

export interface GlobalTerm {
  kind: Exclude<GlobalLoss, "none">;
  /** lambda */
  weight: number;
  /** sharpness of G1 and G2; G3 takes that of the objectives */
  beta: number;
}

export interface PairLossInput {
  /** D = L(y0) - L(y1), nats, [B] */
  difference: tf.Tensor1D;
  /** a, one for each pair, [B,K] */
  preference: tf.Tensor2D;
  /** s: +1 response 0 wins, -1 response 1 wins, 0 neither: no loss and no gradient, [B,K] */
  signs: tf.Tensor2D;
  /** beta_i, [K] */
  betas: readonly number[];
  /** what each objective's loss counts in the mean, beside the preference [K]; default 1 */
  objectiveWeights?: readonly number[];
  /** score(y0) - score(y1), larger is better, [B,K]; G2 needs it */
  margins?: tf.Tensor2D;
  global?: GlobalTerm;
}

export interface PairLoss {
  /** mean over the pairs of sum_i a_i w_i l_i + lambda l_glob, w the weights of the objectives */
  loss: tf.Scalar;
  /** means of l_i over the pairs, not weighted by the preference, [K] */
  objectiveLosses: tf.Tensor1D;
  /** mean of l_glob, not weighted by lambda */
  globalLoss: tf.Scalar | null;
}

/**
 * Preference loss of B pairs, differentiable in `difference`: l_i = -log sigmoid(beta_i s_i D), and for the whole
 * preference l_glob = -log sigmoid(g D) with g of `globalFactor`.
 * @throws UniArmError shape-mismatch, margins-missing
 */
export function pairLoss(input: PairLossInput): PairLoss {
  const { difference, preference, signs, betas, objectiveWeights, global } = input;
  const [pairs, objectives] = [difference.shape[0], betas.length];
  checkShape(difference, [pairs], "The difference [pairs]");
  checkShape(preference, [pairs, objectives], "The preference [pairs, objectives]");
  checkShape(signs, [pairs, objectives], "The signs [pairs, objectives]");
  const globalLoss = global
    ? tf.tidy((): tf.Scalar => tf.mean(softplus(tf.neg(tf.mul(globalFactor(input, global), difference)))))
    : null;
  const objective = tf.tidy(() => {
    const sharpness = tf.mul(signs, tf.tensor2d([...betas], [1, objectives])); // [B,K]
    const logits = tf.mul(sharpness, tf.reshape(difference, [pairs, 1]));
    const losses = tf.mul(softplus(tf.neg(logits)), tf.abs(signs)); // [B,K]
    const weights = objectiveWeights ? tf.mul(preference, tf.tensor1d([...objectiveWeights])) : preference;
    const mixed: tf.Scalar = tf.mean(tf.sum(tf.mul(weights, losses), 1));
    const loss: tf.Scalar = global && globalLoss ? tf.add(mixed, tf.mul(globalLoss, global.weight)) : mixed;
    return { loss, objectiveLosses: tf.mean<tf.Tensor1D>(losses, 0) };
  });
  return { ...objective, globalLoss };
}

/**
 * g of each pair, [B]: which response the whole preference wants, times its sharpness.
 * - G1: beta sign(sum_i a_i s_i)
 * - G2: beta sign(sum_i a_i margin_i), which weighs how much better; G1 where that sum is 0
 * - G3: sum_i a_i beta_i s_i
 *
 * Where the sum is 0 the term is the constant log 2: it teaches nothing, yet stays in the reported mean.
 */
export function globalFactor(
  input: Omit<PairLossInput, "difference" | "global">,
  { kind, beta }: Omit<GlobalTerm, "weight">,
): tf.Tensor1D {
  const { preference, signs, betas, margins } = input;
  return tf.tidy(() => {
    const mix = (values: tf.Tensor): tf.Tensor1D => tf.sum(tf.mul(preference, values), 1); // [B]
    if (kind === "G3") return mix(tf.mul(signs, tf.tensor2d([...betas], [1, betas.length])));
    const bySign = tf.sign(mix(signs));
    if (kind === "G1") return tf.mul(bySign, beta);
    if (!margins) {
      throw new UniArmError(
        "margins-missing",
        "Global loss G2 weighs score differences, but the pairs come without scores. Add scores, or take G1.",
      );
    }
    checkShape(margins, signs.shape, "The margins [pairs, objectives]");
    const byScore = tf.sign(mix(margins));
    const undecided = tf.sub(1, tf.abs(byScore)); // 1 where the sum is 0
    return tf.mul(tf.add(byScore, tf.mul(undecided, bySign)), beta);
  });
}
