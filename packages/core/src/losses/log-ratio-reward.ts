import type { Divergence } from "../schema/fusion.ts";
import * as tf from "../tensor/tf.ts";
import { softplus } from "./softplus.ts";

export interface DivergenceSettings {
  kind: Divergence;
  /** of the alpha-divergence */
  alpha: number;
}

/**
 * Nats up to which an exponential is followed. The square of its gradient is still a float32 then, as the gradient's norm
 * needs it; TRL stops at 88.7, where the exponential alone is one, and gives no gradient beyond.
 */
const LARGEST_EXPONENT = 30;

/**
 * f'(t), t = pi / pi_0, of a log-ratio x = log t, without what does not depend on t: the reward that a policy tuned against
 * pi_0 stands for, in units of beta. reverse-kl: x; forward-kl: -e^-x; jsd: -log(1 + e^-x); alpha: -e^(-alpha x) / alpha.
 * Far below 0 the exponentials go on as their tangents, so that value and gradient stay finite and still say which is worse.
 */
export function logRatioReward(logRatio: tf.Tensor1D, { kind, alpha }: DivergenceSettings): tf.Tensor1D {
  return tf.tidy(() => {
    switch (kind) {
      case "reverse-kl":
        return tf.clone(logRatio);
      case "forward-kl":
        return tf.neg(steadyExp(tf.neg(logRatio)));
      case "alpha":
        return tf.div(steadyExp(tf.mul(logRatio, -alpha)), -alpha);
      case "jsd":
        return tf.neg(softplus(tf.neg(logRatio)) as tf.Tensor1D);
    }
  });
}

/** e^u; beyond the largest exponent its tangent there. */
function steadyExp(u: tf.Tensor1D): tf.Tensor1D {
  const capped = tf.minimum(u, LARGEST_EXPONENT);
  const beyond = tf.relu(tf.sub(u, LARGEST_EXPONENT));
  return tf.add(tf.exp(capped), tf.mul(beyond, Math.exp(LARGEST_EXPONENT)));
}
