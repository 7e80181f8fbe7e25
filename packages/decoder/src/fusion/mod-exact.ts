import { softplus, tf } from "@uniarm/core";
import type { Divergence } from "@uniarm/core/schema";
import { fallingRoots } from "./falling-roots.ts";
import { modScores, type PolicyLogProbs } from "./mod.ts";

/**
 * MOD as it is derived: p = p_0 (f')^-1(-Z + sum_i w_i f'(p_i / p_0)) with the Z of each row for which p sums to 1 -> log p
 * [N,V]. For reverse KL Z is a factor, and p_0 cancels; for the others it is found numerically.
 * @param base log-probabilities of p_0, the model that the policies were tuned from [N,V]
 * @param alpha of divergence alpha
 */
export function exactModLogProbs(
  divergence: Divergence,
  alpha: number,
  base: tf.Tensor2D,
  policies: readonly PolicyLogProbs[],
): tf.Tensor2D {
  return tf.tidy(() => {
    if (divergence === "reverse-kl") return tf.logSoftmax(modScores(divergence, alpha, policies));
    return normalised(divergence === "jsd" ? JSD : powerOf(divergence === "alpha" ? alpha : 1), base, policies);
  });
}

/**
 * A divergence by m(t), a positive function of the ratio t that is a constant less a multiple of f'(t): then the rule is
 * m(p / p_0) = sum_i w_i m(p_i / p_0) - c, with c in place of Z. All in logs, for ratios leave what float32 can hold.
 */
interface Ratios {
  /** log(1 / t) -> log m(t) */
  logM: (logInverse: tf.Tensor2D) => tf.Tensor2D;
  /** log m(t) -> log t */
  logRatio: (logM: tf.Tensor2D) => tf.Tensor2D;
  /** -d log t / d log m */
  fall: (logM: tf.Tensor2D) => tf.Tensor;
}

/**
 * The one c of each row is between 0, where the rule is a mean of the p_i that is nowhere above their arithmetic mean, and
 * the c that gives the token of the least m probability 1. It is found as s = 1 - c / least m, for m - c loses all digits
 * where c is close: m - c = least m (s + d), d = m / least m - 1.
 */
function normalised({ logM, logRatio, fall }: Ratios, base: tf.Tensor2D, policies: readonly PolicyLogProbs[]) {
  const terms = policies.map(({ logProbs, weights }) =>
    tf.add(logM(tf.sub(base, logProbs)), tf.expandDims(tf.log(weights), 1)),
  );
  const mean: tf.Tensor2D = tf.logSumExp(tf.stack(terms), 0); // [N,V]
  const { most, inItsPlace } = largest(tf.neg(mean));
  const least: tf.Tensor2D = tf.neg(most); // [N,1]
  const above = tf.sub(mean, least);
  const logD: tf.Tensor2D = tf.add(above, tf.log(tf.sub(1, tf.exp(tf.neg(above))))); // -Infinity where m is the least
  const lessC = (logS: tf.Tensor2D): tf.Tensor2D => tf.add(tf.add(logS, softplus(tf.sub(logD, logS))), least);
  const column = (points: Float32Array): tf.Tensor2D => tf.tensor2d(points, [points.length, 1]);

  const low = tf.sub(logM(inItsPlace(base)), least).dataSync<"float32">();
  const roots = fallingRoots(
    (points) => {
      const [values, slopes] = tf.tidy((): [tf.Tensor2D, tf.Tensor1D] => {
        const logS = column(points);
        const logRest = lessC(logS);
        const logProbs = tf.add(base, logRatio(logRest));
        const logSums: tf.Tensor2D = tf.logSumExp(logProbs, 1, true);
        const falls = tf.mul(fall(logRest), tf.sigmoid(tf.sub(logS, logD)));
        return [logSums, tf.neg(tf.sum(tf.mul(tf.exp(tf.sub(logProbs, logSums)), falls), 1))];
      });
      const read = { values: values.dataSync<"float32">(), slopes: slopes.dataSync<"float32">() };
      tf.dispose([values, slopes]);
      return read;
    },
    low,
    new Float32Array(low.length), // log 1: c = 0
  );
  return tf.add<tf.Tensor2D>(base, logRatio(lessC(column(roots))));
}

/** f'(t) = (1 - t^-power) / power, m = t^-power; forward KL at 1. */
const powerOf = (power: number): Ratios => ({
  logM: (logInverse) => tf.mul(logInverse, power),
  logRatio: (logM) => tf.mul(logM, -1 / power),
  fall: () => tf.scalar(1 / power),
});

/** f'(t) = log(2t / (1 + t)), m = log(1 + 1 / t), 1 / t = e^m - 1. */
const JSD: Ratios = {
  logM: (logInverse) => {
    const isSmall: tf.Tensor2D = tf.greater(-15, logInverse); // log(1 + x) is x in float32 there
    return tf.where(isSmall, logInverse, tf.log(softplus(logInverse)) as tf.Tensor2D);
  },
  logRatio: (logM) => {
    const m: tf.Tensor2D = tf.exp(logM);
    const series: tf.Tensor2D = tf.add(logM, tf.add(tf.mul(m, 0.5), tf.mul(tf.square(m), 1 / 24))); // of log(e^m - 1) near m = 0
    const other: tf.Tensor2D = tf.add(m, tf.log(tf.sub(1, tf.exp(tf.neg(m)))));
    return tf.neg(tf.where(tf.greater(0.2, m), series, other));
  },
  fall: (logM) => {
    const m = tf.exp(logM);
    return tf.where(tf.greater(0.2, m), tf.add(1, tf.mul(m, 0.5)), tf.div(m, tf.sub(1, tf.exp(tf.neg(m)))));
  },
};

/** The largest number of each row of x [N,V], and what others have in its place, [N,1] each. */
function largest(x: tf.Tensor2D): { most: tf.Tensor2D; inItsPlace: (other: tf.Tensor2D) => tf.Tensor2D } {
  const { values, indices } = tf.topk(x, 1);
  const [rows] = x.shape;
  const places = tf.stack([tf.range(0, rows, 1, "int32"), tf.squeeze(indices, [1])], 1);
  return { most: values, inItsPlace: (other) => tf.reshape(tf.gatherND(other, places), [rows, 1]) };
}
