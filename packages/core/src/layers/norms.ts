import { asType } from "../tensor/as-type.ts";
import { executeOp, nativeOps, nativeType, type FloatType } from "../tensor/native.ts";
import { tapeNode } from "../tensor/tape-node.ts";
import * as tf from "../tensor/tf.ts";

/** Scale and, for a LayerNorm, shift of a norm; [d] each. */
export interface NormWeights {
  weight: tf.Tensor1D;
  /** null for an RMSNorm */
  bias: tf.Tensor1D | null;
}

export interface NormOptions {
  epsilon: number;
  /** whether the weight wants a gradient too */
  trainable: boolean;
  /** what `normed` is stored as */
  type: FloatType;
}

/** The residual stream [N,d] between two blocks: sum + delta. */
export interface Residual {
  /** float32 */
  sum: tf.Tensor2D;
  /** what the last block adds, stored as activations are; null where nothing is left to add */
  delta: tf.Tensor2D | null;
}

export const residualSum = ({ sum, delta }: Residual): tf.Tensor2D =>
  delta ? tf.add(sum, asType(delta, "float32")) : sum;

/** What a block reads of the residual stream: sum = x.sum + x.delta, normed = norm(sum), or the sum itself without a norm. */
export function addNorm(
  x: Residual,
  norm: NormWeights | null,
  { epsilon, trainable, type }: NormOptions,
): { sum: tf.Tensor2D; normed: tf.Tensor2D } {
  if (norm === null) {
    const sum = residualSum(x);
    return { sum, normed: asType(sum, type) };
  }
  const { weight, bias } = norm;
  if (!bias && nativeOps() && !trainable) return nativeAddNorm(x, weight, epsilon, type);
  const sum = residualSum(x);
  if (bias) return { sum, normed: asType(layerNorm(sum, weight, bias, epsilon), type) };
  return { sum, normed: rmsNorm(sum, weight, epsilon, trainable) };
}

/** What a block adds to the residual stream: x [N,d] through a norm of its own, where it has one, times `scale`. */
export function blockOutput(
  x: tf.Tensor2D,
  norm: NormWeights | null,
  scale: number,
  options: NormOptions,
): tf.Tensor2D {
  const normed = norm ? addNorm({ sum: asType(x, "float32"), delta: null }, norm, options).normed : x;
  if (scale === 1) return normed;
  return asType(tf.mul(asType(normed, "float32"), scale), nativeType(normed));
}

function nativeAddNorm(
  { sum: x, delta }: Residual,
  weight: tf.Tensor1D,
  epsilon: number,
  type: FloatType,
): { sum: tf.Tensor2D; normed: tf.Tensor2D } {
  const deltaType = delta ? nativeType(delta) : "float32";
  const given = { T: { type: deltaType }, H: { type }, epsilon: { float: epsilon } };
  const forward = (): [tf.Tensor, tf.Tensor] => {
    const attributes = { ...given, narrow: { int: Number(type === "bfloat16") } };
    const nothing = delta ? null : tf.tensor1d([], "float32");
    return executeOp("UniarmAddNorm", attributes, [x, delta ?? nothing!, weight], 2) as [tf.Tensor, tf.Tensor];
  };
  const backward = (sum: tf.Tensor, dSum: tf.Tensor, dNormed: tf.Tensor): tf.Tensor[] => {
    const attributes = {
      ...given,
      narrow: { int: Number(deltaType === "bfloat16") },
      wants_delta: { int: Number(delta !== null) },
    };
    return executeOp("UniarmAddNormGrad", attributes, [sum, weight, dSum, dNormed], 2);
  };
  if (delta === null) {
    const [normed] = tapeNode(
      { x },
      (save) => {
        save([x]);
        return [forward()[1]];
      },
      ([dNormed], [input]) => ({ x: () => backward(input!, tf.tensor1d([], "float32"), dNormed!)[0]! }),
    );
    return { sum: x, normed: normed as tf.Tensor2D };
  }
  const [sum, normed] = tapeNode(
    { x, delta },
    (save) => {
      const outputs = forward();
      save([outputs[0]]);
      return outputs;
    },
    ([dSum, dNormed], [saved]) => {
      const [dx, dDelta] = backward(saved!, dSum!, dNormed!);
      return { x: () => dx!, delta: () => dDelta! };
    },
  );
  return { sum: sum as tf.Tensor2D, normed: normed as tf.Tensor2D };
}

/** x [N,d] / rms(x) * weight [d]. `trainable` says whether the weight wants a gradient too. */
export function rmsNorm(x: tf.Tensor2D, weight: tf.Tensor1D, epsilon: number, trainable: boolean): tf.Tensor2D {
  const inputs: Record<string, tf.Tensor> = trainable ? { x, weight } : { x };
  const [normed] = tapeNode(
    inputs,
    (save) => {
      const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon)); // [N,1]
      save([x, inverse, weight]);
      return [tf.mul(tf.mul(x, inverse), weight)];
    },
    ([dy], saved) => {
      const [input, inverse, scale] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      return {
        x: () => {
          const scaled = tf.mul(dy!, scale);
          const along = tf.mul(tf.mean(tf.mul(scaled, input), -1, true), tf.square(inverse));
          return tf.mul(inverse, tf.sub(scaled, tf.mul(input, along)));
        },
        weight: () => tf.sum(tf.mul(dy!, tf.mul(input, inverse)), 0),
      };
    },
  );
  return normed as tf.Tensor2D;
}

/** (x - mean(x)) / deviation(x) * weight + bias, x [N,d]. */
export function layerNorm(x: tf.Tensor2D, weight: tf.Tensor1D, bias: tf.Tensor1D, epsilon: number): tf.Tensor2D {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon)); // [N,1]
  return tf.add(tf.mul(tf.mul(centred, inverse), weight), bias);
}
