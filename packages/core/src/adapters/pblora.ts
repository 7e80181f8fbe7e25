import type { ModuleDelta } from "../layers/adapter-rows.ts";
import type { PbLoraConfig } from "../schema/adapter.ts";
import * as tf from "../tensor/tf.ts";
import { partOf, type Adapter, type Factors } from "./adapter.ts";
import { tensorName, type AdaptedModule } from "./modules.ts";
import { kaimingStart, zeroStart, type TensorSpec } from "./tensor-spec.ts";

const [A, B, W1, W2] = ["pblora_A", "pblora_B", "pblora_W1", "pblora_W2"];

/** A [r1+r2,in], W1 [r1,r1] and W2 [K,r2*r2] Kaiming-uniform, B [out,r1+r2] zero: the start changes nothing. */
export function pbLoraTensors(
  config: PbLoraConfig,
  { name, outSize, inSize }: AdaptedModule,
  objectives: number,
): TensorSpec[] {
  const { sharedRank: r1, preferenceRank: r2 } = config;
  return [
    { name: tensorName(name, A), shape: [r1 + r2, inSize], start: kaimingStart(inSize) },
    { name: tensorName(name, B), shape: [outSize, r1 + r2], start: zeroStart },
    { name: tensorName(name, W1), shape: [r1, r1], start: kaimingStart(r1) },
    { name: tensorName(name, W2), shape: [objectives, r2 * r2], start: kaimingStart(r2 * r2) },
  ];
}

/**
 * What each module adds: s B core(a) A x, core(a) = diag(W1, C(a)), C(a) = sum_i a_i W2[i] as r2 x r2 (PARM).
 * Factored: the dense [out,in] product is never made, and each row has the core of its own preference.
 */
export function bindPbLora(config: PbLoraConfig, adapter: Adapter, preference: tf.Tensor2D): ModuleDelta[] {
  const cores = transposedCores(config, adapter, preference);
  return adapter.modules.map(({ name }, index) => {
    const core = cores[index]!; // [B,R,R]
    const [down, up] = [partOf(adapter, name, A), partOf(adapter, name, B)];
    return {
      down,
      up,
      modulation: [core],
      modulateInner: (inner, [by]) => tf.matMul(inner, by as tf.Tensor3D),
      innerForm: "core",
      modulateOutput: null,
    };
  });
}

/** [W1 A[:r1]; C(a) A[r1:]] and s B, preference [1,K]. */
export function factorPbLora(
  { sharedRank: r1, preferenceRank: r2, alpha }: PbLoraConfig,
  part: (name: string) => tf.Tensor2D,
  preference: tf.Tensor2D,
): Factors {
  const core: tf.Tensor2D = tf.reshape(tf.matMul(preference, part(W2)), [r2, r2]);
  const shared: tf.Tensor2D = tf.matMul(part(W1), tf.slice(part(A), [0, 0], [r1, -1]));
  const mixed: tf.Tensor2D = tf.matMul(core, tf.slice(part(A), [r1, 0], [r2, -1]));
  return { down: tf.concat([shared, mixed], 0), up: tf.mul(part(B), alpha / r2), bias: null, rescale: null };
}

/** s core(a)^T of each module, [B,R,R], for all modules at once: few operations, however many modules. */
function transposedCores(config: PbLoraConfig, adapter: Adapter, preference: tf.Tensor2D): tf.Tensor3D[] {
  const { sharedRank: r1, preferenceRank: r2, alpha } = config;
  const [rows, N] = [preference.shape[0], adapter.modules.length];
  const parts = (part: string): tf.Tensor2D[] => adapter.modules.map(({ name }) => partOf(adapter, name, part));
  const mixed = tf.reshape(tf.matMul(preference, tf.concat(parts(W2), 1)), [rows, N, r2, r2]);
  const shared = tf.add(tf.reshape(tf.stack(parts(W1)), [1, N, r1, r1]), tf.zeros([rows, 1, 1, 1])); // [B,N,r1,r1]
  const upper = tf.concat([shared, tf.zeros([rows, N, r1, r2])], 3);
  const lower = tf.concat([tf.zeros([rows, N, r2, r1]), mixed], 3);
  const cores = tf.transpose(tf.concat([upper, lower], 2), [0, 1, 3, 2]); // [B,N,R,R]
  const scaled = tf.mul(cores, alpha / r2);
  return N === 1 ? [tf.squeeze(scaled, [1])] : (tf.unstack(scaled, 1) as tf.Tensor3D[]); // one part has no gradient in tfjs
}
