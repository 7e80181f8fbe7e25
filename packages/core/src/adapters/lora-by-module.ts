import { EMBEDDING, type ModuleDelta, type ModuleName } from "../layers/adapter-rows.ts";
import type { LoraByModuleConfig, LoraModule } from "../schema/adapter.ts";
import * as tf from "../tensor/tf.ts";
import { partOf, type Adapter, type Factors } from "./adapter.ts";
import { tensorName, type AdaptedModule } from "./modules.ts";
import { zeroStart, type TensorSpec } from "./tensor-spec.ts";

/** Names of a module's tensors; A, B and the magnitude are PEFT's own. */
export const LORA_PART = {
  a: "lora_A.weight",
  b: "lora_B.weight",
  /** W - W0: the published weight's shape, so [V,d] for the embedding */
  whole: "whole_delta",
  shift: "shift",
  /** DoRA's trained lengths of the rows of W0 + s B A, and those over the lengths that they have */
  magnitude: "lora_magnitude_vector",
  rescale: "rescale",
} as const;

/** The tensors of a module: A [r,in] and B [out,r], or a whole matrix; [1,out] for what acts on outputs. */
export function loraModuleTensors({ modules }: LoraByModuleConfig, module: AdaptedModule): TensorSpec[] {
  const { rank, shift, rescaled } = ownOf(modules, module.name);
  const { name, outSize, inSize } = module;
  const spec = (part: string, rows: number, columns: number): TensorSpec => ({
    name: tensorName(name, part),
    shape: [rows, columns],
    start: zeroStart,
  });
  const [rows, columns] = name === EMBEDDING ? [inSize, outSize] : [outSize, inSize];
  return [
    ...(rank === null
      ? [spec(LORA_PART.whole, rows, columns)]
      : [spec(LORA_PART.a, rank, inSize), spec(LORA_PART.b, outSize, rank)]),
    ...(shift ? [spec(LORA_PART.shift, 1, outSize)] : []),
    ...(rescaled ? [spec(LORA_PART.magnitude, 1, outSize), spec(LORA_PART.rescale, 1, outSize)] : []),
  ];
}

/** What each module adds, whatever the preference: m s B A x + b beside a module rescaled by m, or a whole matrix. */
export function bindLoraByModule({ modules }: LoraByModuleConfig, adapter: Adapter): ModuleDelta[] {
  const scales = new Map<number, tf.Scalar>();
  const scaleOf = (value: number): tf.Scalar => {
    const scale = scales.get(value) ?? tf.scalar(value);
    scales.set(value, scale);
    return scale;
  };
  return adapter.modules.map(({ name }): ModuleDelta => {
    const { rank, scale, shift, rescaled } = ownOf(modules, name);
    const part = (of: keyof typeof LORA_PART): tf.Tensor2D => partOf(adapter, name, LORA_PART[of]);
    const [by, add] = [rescaled ? part("rescale") : null, shift ? part("shift") : null];
    const modulateOutput = (delta: tf.Tensor3D): tf.Tensor3D => {
      const scaled: tf.Tensor3D = by ? tf.mul(delta, by) : delta;
      return add ? tf.add(scaled, add) : scaled;
    };
    return {
      down: part(rank === null ? "whole" : "a"),
      up: rank === null ? null : part("b"),
      modulation: rank === null ? [] : [scaleOf(scale)],
      modulateInner: (inner, [factor]) => (factor ? tf.mul(inner, factor) : inner),
      innerForm: rank === null ? undefined : "scale",
      modulateOutput: by || add ? modulateOutput : null,
      rescale: by,
    };
  });
}

/** A and m s B, or the whole matrix; b; and m. */
export function factorLoraModule(config: LoraByModuleConfig, adapter: Adapter, name: ModuleName): Factors {
  const { rank, scale, shift, rescaled } = ownOf(config.modules, name);
  const part = (of: keyof typeof LORA_PART): tf.Tensor2D => partOf(adapter, name, LORA_PART[of]);
  const rescale = rescaled ? tf.reshape<tf.Rank.R2>(part("rescale"), [-1, 1]) : null;
  const bias = shift ? tf.reshape<tf.Rank.R1>(part("shift"), [-1]) : null;
  if (rank === null) {
    const whole = part("whole");
    return { down: name === EMBEDDING ? tf.transpose(whole) : whole, up: null, bias, rescale };
  }
  const up: tf.Tensor2D = tf.mul(part("b"), scale);
  return { down: part("a"), up: rescale ? tf.mul(up, rescale) : up, bias, rescale };
}

const ownOf = (modules: LoraByModuleConfig["modules"], name: ModuleName): LoraModule => modules[name]!;
