import { asType } from "../tensor/as-type.ts";
import { executeOne, nativeOps, nativeType } from "../tensor/native.ts";
import { tapeNode } from "../tensor/tape-node.ts";
import * as tf from "../tensor/tf.ts";
import { rmsNorm, type NormOptions } from "./norms.ts";

/** Scales of queries and keys: [dh] each for every head alike, or [H dh] and [Hkv dh] for all heads as one. */
export interface HeadNormWeights {
  query: tf.Tensor1D;
  key: tf.Tensor1D;
}

/**
 * Queries and keys through an RMSNorm of their own, each head (Qwen3) or all of them as one (OLMo 2), values as they are:
 * side by side in one tensor [N, (H + 2 Hkv) dh], or each in its own -> the same, stored as they were.
 */
export function headNorms(
  projected: readonly tf.Tensor2D[],
  { query, key }: HeadNormWeights,
  counts: { heads: number; keyValueHeads: number; headSize: number },
  { epsilon, trainable }: Omit<NormOptions, "type">,
): tf.Tensor2D[] {
  const { headSize } = counts;
  const widths = [counts.heads, counts.keyValueHeads, counts.keyValueHeads].map((count) => count * headSize);
  const normed = (x: tf.Tensor2D, weight: tf.Tensor1D): tf.Tensor2D =>
    tf.reshape(rmsNorm(tf.reshape(x, [-1, weight.size]), weight, epsilon, trainable), x.shape);
  if (projected.length > 1) return [normed(projected[0]!, query), normed(projected[1]!, key), projected[2]!];
  const whole = projected[0]!;
  if (nativeOps() && !trainable && query.size === headSize)
    return [nativeHeadNorms(whole, { query, key }, counts, epsilon)];
  const [q, k, v] = tf.split<tf.Tensor2D>(asType(whole, "float32"), widths, 1);
  return [asType(tf.concat([normed(q!, query), normed(k!, key), v!], 1), nativeType(whole))];
}

function nativeHeadNorms(
  qkv: tf.Tensor2D,
  { query, key }: HeadNormWeights,
  { heads, keyValueHeads }: { heads: number; keyValueHeads: number },
  epsilon: number,
): tf.Tensor2D {
  const attributes = {
    T: { type: nativeType(qkv) },
    heads: { int: heads },
    key_value_heads: { int: keyValueHeads },
    head_size: { int: query.size },
    epsilon: { float: epsilon },
  };
  const [normed] = tapeNode(
    { qkv },
    (save) => {
      save([qkv, query, key]);
      return [executeOne("UniarmHeadNorms", attributes, [qkv, query, key])];
    },
    ([dy], saved) => ({ qkv: () => executeOne("UniarmHeadNormsGrad", attributes, [...saved, dy!]) }),
  );
  return normed as tf.Tensor2D;
}
