import type { ModuleDelta, ModuleName } from "../layers/adapter-rows.ts";
import type { LoraConfig as Lora } from "../schema/adapter.ts";
import * as tf from "../tensor/tf.ts";
import { partOf, type Adapter, type Factors } from "./adapter.ts";
import { tensorName, type AdaptedModule } from "./modules.ts";
import { kaimingStart, zeroStart, type TensorSpec } from "./tensor-spec.ts";

/** Of every form that is made of them. */
type LoraConfig = Pick<Lora, "rank" | "alpha">;

const [A, B] = ["lora_A.weight", "lora_B.weight"];

/** A [r,in] Kaiming-uniform, B [out,r] zero: the start changes nothing. */
export function loraTensors({ rank }: LoraConfig, { name, outSize, inSize }: AdaptedModule): TensorSpec[] {
  return [
    { name: tensorName(name, A), shape: [rank, inSize], start: kaimingStart(inSize) },
    { name: tensorName(name, B), shape: [outSize, rank], start: zeroStart },
  ];
}

/** A [r,in] and B [out,r] of a module. */
export const loraParts = (adapter: Adapter, module: ModuleName): { down: tf.Tensor2D; up: tf.Tensor2D } => ({
  down: partOf(adapter, module, A),
  up: partOf(adapter, module, B),
});

/** What each module adds: s B A x, s = alpha / r, whatever the preference. */
export function bindLora({ rank, alpha }: LoraConfig, adapter: Adapter): ModuleDelta[] {
  const scale = tf.scalar(alpha / rank);
  return adapter.modules.map(({ name }) => {
    const modulateInner: ModuleDelta["modulateInner"] = (inner, [by]) => tf.mul(inner, by!);
    return {
      ...loraParts(adapter, name),
      modulation: [scale],
      modulateInner,
      innerForm: "scale",
      modulateOutput: null,
    };
  });
}

/** A and s B. */
export function factorLora({ rank, alpha }: LoraConfig, part: (name: string) => tf.Tensor2D): Factors {
  return { down: part(A), up: tf.mul(part(B), alpha / rank), bias: null, rescale: null };
}
