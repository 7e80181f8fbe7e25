import { executeOne, executeOp, nativeOps, nativeType, storedAs, type FloatType } from "../tensor/native.ts";
import { step } from "../tensor/node.ts";
import * as tf from "../tensor/tf.ts";
import type { RopeScaling } from "../schema/model.ts";

/** Scale and, for a LayerNorm, shift of a norm; [d] each. */
export interface NormWeights {
  weight: tf.Tensor1D;
  /** null for an RMSNorm */
  bias: tf.Tensor1D | null;
}

export interface AddNormOptions {
  epsilon: number;
  /** whether the weight wants a gradient too */
  trainable: boolean;
  /** what `normed` is stored as */
  type: FloatType;
}

/**
 * What a block reads: sum = x + delta, normed = norm(sum). x [N,d] float32 is the residual stream; delta [N,d] what the
 * block before it adds, null before the first.
 */
export function addNorm(
  x: tf.Tensor2D,
  delta: tf.Tensor2D | null,
  { weight, bias }: NormWeights,
  { epsilon, trainable, type }: AddNormOptions,
): { sum: tf.Tensor2D; normed: tf.Tensor2D } {
  if (bias) {
    const sum: tf.Tensor2D = delta ? tf.add(x, asType(delta, "float32")) : x;
    return { sum, normed: asType(layerNorm(sum, weight, bias, epsilon), type) };
  }
  if (nativeOps() && !trainable) return nativeAddNorm(x, delta, weight, epsilon, type);
  const sum: tf.Tensor2D = delta ? tf.add(x, delta) : x;
  return { sum, normed: rmsNorm(sum, weight, epsilon, trainable) };
}

function nativeAddNorm(
  x: tf.Tensor2D,
  delta: tf.Tensor2D | null,
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
    const [normed] = step(
      { x },
      (save) => {
        save([x]);
        return [forward()[1]];
      },
      ([dNormed], [input]) => ({ x: () => backward(input!, tf.tensor1d([], "float32"), dNormed!)[0]! }),
    );
    return { sum: x, normed: normed as tf.Tensor2D };
  }
  const [sum, normed] = step(
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
  const [normed] = step(
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

/**
 * Queries and keys of each head through an RMSNorm of their own (Qwen3), values as they are: side by side in one tensor
 * [N, (H + 2 Hkv) dh], or each in its own -> the same, stored as they were.
 */
export function headNorms(
  projected: readonly tf.Tensor2D[],
  { query, key }: { query: tf.Tensor1D; key: tf.Tensor1D },
  counts: { heads: number; keyValueHeads: number },
  { epsilon, trainable }: Omit<AddNormOptions, "type">,
): tf.Tensor2D[] {
  const headSize = query.size;
  const widths = [counts.heads, counts.keyValueHeads, counts.keyValueHeads].map((count) => count * headSize);
  const normed = (x: tf.Tensor2D, weight: tf.Tensor1D): tf.Tensor2D =>
    tf.reshape(rmsNorm(tf.reshape(x, [-1, headSize]), weight, epsilon, trainable), x.shape);
  if (projected.length > 1) return [normed(projected[0]!, query), normed(projected[1]!, key), projected[2]!];
  const whole = projected[0]!;
  if (nativeOps() && !trainable) return [nativeHeadNorms(whole, query, key, counts, epsilon)];
  const [q, k, v] = tf.split<tf.Tensor2D>(asType(whole, "float32"), widths, 1);
  return [asType(tf.concat([normed(q!, query), normed(k!, key), v!], 1), nativeType(whole))];
}

function nativeHeadNorms(
  qkv: tf.Tensor2D,
  query: tf.Tensor1D,
  key: tf.Tensor1D,
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
  const [normed] = step(
    { qkv },
    (save) => {
      save([qkv, query, key]);
      return [executeOne("UniarmHeadNorms", attributes, [qkv, query, key])];
    },
    ([dy], saved) => ({ qkv: () => executeOne("UniarmHeadNormsGrad", attributes, [...saved, dy!]) }),
  );
  return normed as tf.Tensor2D;
}

const GELU_SLOPE = Math.sqrt(2 / Math.PI);
const GELU_CUBE = 0.044715;

/** GELU by its tanh formula (arXiv 1606.08415): x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), stored as x is. */
export function gelu(x: tf.Tensor2D): tf.Tensor2D {
  const wide = asType(x, "float32");
  const inner = tf.mul(GELU_SLOPE, tf.add(wide, tf.mul(GELU_CUBE, tf.mul(wide, tf.square(wide)))));
  const value: tf.Tensor2D = tf.mul(tf.mul(0.5, wide), tf.add(1, tf.tanh(inner)));
  return asType(value, nativeType(x));
}

/** silu(gate) * up -> [N, w], stored as the inputs are; gate and up side by side in one tensor [N, 2w], or each in its own. */
export function swiGlu(projected: readonly tf.Tensor2D[]): tf.Tensor2D {
  if (nativeOps() && projected.length === 1) return nativeSwiGlu(projected[0]!);
  const [gate, up] = projected.length === 1 ? tf.split<tf.Tensor2D>(projected[0]!, 2, 1) : projected;
  const inputs = { gate: gate!, up: up! };
  const [activated] = step(
    inputs,
    (save) => {
      const sigmoid = tf.sigmoid(inputs.gate);
      save([inputs.gate, inputs.up, sigmoid]);
      return [tf.mul(tf.mul(inputs.gate, sigmoid), inputs.up)];
    },
    ([dy], saved) => {
      const [x, other, s] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      return {
        gate: () => tf.mul(tf.mul(dy!, other), tf.mul(s, tf.add(1, tf.mul(x, tf.sub(1, s))))), // d silu / d x
        up: () => tf.mul(dy!, tf.mul(x, s)),
      };
    },
  );
  return activated as tf.Tensor2D;
}

function nativeSwiGlu(gateUp: tf.Tensor2D): tf.Tensor2D {
  const T = { type: nativeType(gateUp) };
  const [activated] = step(
    { gateUp },
    (save) => {
      save([gateUp]);
      return [executeOne("UniarmSwiGlu", { T }, [gateUp])];
    },
    ([dy], [saved]) => ({ gateUp: () => executeOne("UniarmSwiGluGrad", { T }, [saved!, dy!]) }),
  );
  return activated as tf.Tensor2D;
}

/** Stores activations as `type`; differentiable. */
export function asType(x: tf.Tensor2D, type: FloatType): tf.Tensor2D {
  const from = nativeType(x);
  if (from === type) return x;
  const [cast] = step(
    { x },
    () => [storedAs(x, type)],
    ([dy]) => ({ x: () => storedAs(dy!, from) }),
  );
  return cast as tf.Tensor2D;
}

/**
 * cos and sin of the first positions, [positions, headSize]: angle = position * frequency of the pair (i, i + headSize/2),
 * as Hugging Face pairs them. The first half of sin is negated: there the rotation subtracts. Without frequencies nothing
 * turns: cos is 1 and sin 0.
 */
export function rotaryTable(
  positions: number,
  headSize: number,
  frequencies: readonly number[] | null,
): { cos: tf.Tensor2D; sin: tf.Tensor2D } {
  const half = headSize / 2;
  const cos = new Float32Array(positions * headSize).fill(1);
  const sin = new Float32Array(positions * headSize);
  frequencies?.forEach((frequency, pair) => {
    for (let position = 0; position < positions; position++) {
      const angle = position * frequency;
      const at = position * headSize + pair;
      cos[at] = cos[at + half] = Math.cos(angle);
      sin[at + half] = Math.sin(angle);
      sin[at] = -Math.sin(angle);
    }
  });
  const table = (values: Float32Array): tf.Tensor2D => tf.keep(tf.tensor2d(values, [positions, headSize]));
  return { cos: table(cos), sin: table(sin) };
}

/** Radians per position of each pair: theta^(-2i / headSize), stretched where the model says so. */
export function rotaryFrequencies(headSize: number, theta: number, scaling: RopeScaling | null): number[] {
  const plain = Array.from({ length: headSize / 2 }, (_, pair) => theta ** ((-2 * pair) / headSize));
  if (scaling === null) return plain;
  if (scaling.kind === "linear") return plain.map((frequency) => frequency / scaling.factor);
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContextTokens } = scaling;
  return plain.map((frequency) => {
    const turns = (originalContextTokens * frequency) / (2 * Math.PI); // in the original context
    const kept = Math.min(1, Math.max(0, (turns - low) / (high - low))); // 1: fast pairs stay, 0: slow ones are stretched
    return frequency * (kept + (1 - kept) / factor);
  });
}

/** Rotary embedding of x [B, T, heads, headSize] by cos, sin [B or 1, T, 1, headSize]. One node on the tape. */
export function rotate(x: tf.Tensor4D, cos: tf.Tensor4D, sin: tf.Tensor4D): tf.Tensor4D {
  const half = x.shape[3] / 2;
  const swapHalves = (input: tf.Tensor): tf.Tensor =>
    tf.concat(
      [tf.slice(input, [0, 0, 0, half], [-1, -1, -1, half]), tf.slice(input, [0, 0, 0, 0], [-1, -1, -1, half])],
      3,
    );
  const [rotated] = step(
    { x },
    (save) => {
      save([cos, sin]);
      return [tf.add(tf.mul(x, cos), tf.mul(swapHalves(x), sin))];
    },
    ([dy], saved) => ({
      x: () => tf.add(tf.mul(dy!, saved[0]!), swapHalves(tf.mul(dy!, saved[1]!))), // the transpose
    }),
  );
  return rotated as tf.Tensor4D;
}
