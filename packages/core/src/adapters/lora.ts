import type { ModuleDelta } from "../model/adapter-rows.ts";
import type { LoraConfig } from "../schema/adapter.ts";
import * as tf from "../tensor/tf.ts";
import { partOf, type Adapter, type ModuleMerge } from "./adapter.ts";
import { tensorName, type AdaptedModule } from "./modules.ts";
import { kaimingStart, zeroStart, type TensorSpec } from "./tensor-spec.ts";

const [A, B] = ["lora_A.weight", "lora_B.weight"];

/** A [r,in] Kaiming-uniform, B [out,r] zero: the start changes nothing. */
export function loraTensors({ rank }: LoraConfig, { name, outSize, inSize }: AdaptedModule): TensorSpec[] {
  return [
    { name: tensorName(name, A), shape: [rank, inSize], start: kaimingStart(inSize) },
    { name: tensorName(name, B), shape: [outSize, rank], start: zeroStart },
  ];
}

/** What each module adds: s B A x, s = alpha / r, whatever the preference. */
export function bindLora({ rank, alpha }: LoraConfig, adapter: Adapter): ModuleDelta[] {
  const scale = tf.scalar(alpha / rank);
  return adapter.modules.map(({ name }) => {
    const [down, up] = [partOf(adapter, name, A), partOf(adapter, name, B)];
    return { down, up, modulation: [scale], between: (inner, [by]) => tf.mul(inner, by!), after: null };
  });
}

/** s B A of each module. */
export function mergeLora({ rank, alpha }: LoraConfig, adapter: Adapter): ModuleMerge[] {
  return adapter.modules.map(({ name }) => () => {
    const product: tf.Tensor2D = tf.matMul(partOf(adapter, name, B), partOf(adapter, name, A)); // [out,in]
    return { weight: tf.mul(product, alpha / rank), bias: null };
  });
}
