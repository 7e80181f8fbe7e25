import { executeOp, nativeOps } from "./native.ts";
import * as tf from "./tf.ts";

/**
 * Scales gradients by min(1, maxNorm / (n + 1e-6)), n the L2 norm over all of them. New tensors; the norm stays on the
 * engine, so nothing waits for it.
 */
export function scaleToNorm(
  gradients: readonly tf.Tensor[],
  maxNorm: number,
): { scaled: tf.Tensor[]; norm: tf.Scalar } {
  const [norm, ...scaled] = tf.tidy<[tf.Scalar, ...tf.Tensor[]]>(() => {
    if (nativeOps()) {
      const all = executeOp(
        "UniarmClipByGlobalNorm",
        { N: { int: gradients.length } },
        [...gradients, tf.scalar(maxNorm)],
        gradients.length + 1,
      );
      return [all.pop() as tf.Scalar, ...all];
    }
    const squares = gradients.map((gradient) => tf.sum<tf.Scalar>(tf.square(gradient)));
    const length: tf.Scalar = tf.sqrt(tf.addN(squares));
    const scale = tf.minimum(tf.div(maxNorm, tf.add(length, 1e-6)), 1); // in this order a NaN stays one on wasm too
    return [length, ...gradients.map((gradient) => tf.mul(gradient, scale))];
  });
  return { scaled, norm };
}

/** A trained tensor, its gradient and the means of that and of its square. */
export interface AdamWTensors {
  value: tf.Tensor;
  gradient: tf.Tensor;
  first: tf.Tensor;
  second: tf.Tensor;
}

/** Numbers of one AdamW step; the corrections 1 / (1 - beta1^t) and 1 / sqrt(1 - beta2^t) are the caller's. */
export interface AdamWNumbers {
  beta1: number;
  beta2: number;
  /** the learning rate, corrected for the first moment's start at 0 */
  rate: number;
  /** what the root of the second moment is multiplied with */
  correction: number;
  epsilon: number;
  /** the share of a value that weight decay leaves */
  kept: number;
}

/** theta <- kept theta - rate m / (correction sqrt(v) + epsilon) with m, v the new moments; new tensors, in the order given. */
export function adamWUpdate(
  tensors: readonly AdamWTensors[],
  { beta1, beta2, rate, correction, epsilon, kept }: AdamWNumbers,
): Omit<AdamWTensors, "gradient">[] {
  const count = tensors.length;
  const updated = tf.tidy(() => {
    if (nativeOps()) {
      const numbers = tf.tensor1d([beta1, beta2, rate, correction, epsilon, kept, 1 - beta1, 1 - beta2]);
      const lists = (["value", "first", "second", "gradient"] as const).flatMap((name) =>
        tensors.map((one) => one[name]),
      );
      return executeOp("UniarmAdamW", { N: { int: count } }, [...lists, numbers], 3 * count);
    }
    const parts = tensors.map(({ value, gradient, first, second }) => {
      const m = tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1));
      const v = tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
      const change = tf.div(tf.mul(m, rate), tf.add(tf.mul(tf.sqrt(v), correction), epsilon));
      return [tf.sub(tf.mul(value, kept), change), m, v] as const;
    });
    return [0, 1, 2].flatMap((place) => parts.map((part) => part[place]!));
  });
  return tensors.map((_, index) => ({
    value: updated[index]!,
    first: updated[count + index]!,
    second: updated[2 * count + index]!,
  }));
}
