import { tf } from "@uniarm/core";
import type { Divergence } from "@uniarm/core/schema";

/** What one tuned policy says about the next token, and its weight. */
export interface PolicyLogProbs {
  /** log-probabilities [N,V] */
  logProbs: tf.Tensor2D;
  /** w_i of each row [N]; over the policies they sum to 1 */
  weights: tf.Tensor1D;
}

/**
 * MOD by the released code: power means of the policies [N,V], up to a constant per row. The base model does not count. Its
 * JSD is the rule of reverse KL.
 * @param alpha of divergence alpha
 */
export function modScores(divergence: Divergence, alpha: number, policies: readonly PolicyLogProbs[]): tf.Tensor2D {
  if (divergence === "forward-kl") return powerMean(policies, 1);
  if (divergence === "alpha") return powerMean(policies, alpha);
  return geometricMean(policies);
}

/** log p = sum_i w_i log p_i - log Z: reverse KL, where the rule is exact. */
function geometricMean(policies: readonly PolicyLogProbs[]): tf.Tensor2D {
  return tf.tidy(() =>
    policies
      .map(({ logProbs, weights }): tf.Tensor2D => tf.mul(logProbs, tf.expandDims(weights, 1)))
      .reduce((sum, one) => tf.add(sum, one)),
  );
}

/** p ~ (sum_i w_i p_i^-power)^(-1 / power); at 1 the harmonic mean. */
function powerMean(policies: readonly PolicyLogProbs[], power: number): tf.Tensor2D {
  return tf.tidy(() => {
    const terms = policies.map(({ logProbs, weights }) =>
      tf.sub(tf.expandDims(tf.log(weights), 1), tf.mul(logProbs, power)),
    );
    return tf.mul(tf.logSumExp(tf.stack(terms), 0), -1 / power);
  });
}
