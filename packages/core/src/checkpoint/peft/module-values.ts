import { LORA_PART } from "../../adapters/lora-by-module.ts";
import { float32Of } from "../../files/safetensors.ts";
import { EMBEDDING, type ModuleName } from "../../layers/adapter-rows.ts";
import type { LoraModule } from "../../schema/adapter.ts";
import { UniArmError } from "../../schema/error.ts";
import * as tf from "../../tensor/tf.ts";
import type { BaseModel } from "./base-model.ts";
import type { LoraPlan } from "./check.ts";

export interface Values {
  shape: number[];
  data: Float32Array;
}

/** What becomes of one of our modules: its form, and its tensors by their names in a checkpoint. */
export interface ModuleValues {
  form: LoraModule;
  tensors: Record<string, Values>;
}

/** A LoRA of one published module as one for each of ours in it: A is shared, the rows of B are divided. */
export function moduleValues(
  { published, rank, scale, tensors }: LoraPlan,
  base: BaseModel,
): Map<ModuleName, ModuleValues> {
  const ofEmbedding = published.kind === "embedding";
  const a = float32Of((ofEmbedding ? tensors.embeddingA : tensors.a)!);
  const b = float32Of((ofEmbedding ? tensors.embeddingB : tensors.b)!);
  const shift = tensors.shift && float32Of(tensors.shift);
  const magnitude = tensors.magnitude && float32Of(tensors.magnitude);
  const { inSize } = published;
  const found = new Map<ModuleName, ModuleValues>();
  for (const { module, start, size } of published.parts) {
    const own: Record<string, Values> = {
      [LORA_PART.a]: { shape: [rank, inSize], data: a },
      [LORA_PART.b]: { shape: [size, rank], data: b.slice(start * rank, (start + size) * rank) },
    };
    if (shift) own[LORA_PART.shift] = row(shift.slice(start, start + size).map((value) => value * scale));
    if (magnitude) {
      const wanted = magnitude.slice(start, start + size);
      const lengths = rowLengths(module, own, scale, base);
      const rescale = wanted.map((value, index) => value / lengths[index]!);
      if (!rescale.every(Number.isFinite)) {
        throw new UniArmError(
          "adapter-unsupported",
          `${tensors.magnitude!.name} divides by a row of ${published.path} that is zero or not finite (use_dora). Name the model that the adapter was trained on.`,
        );
      }
      own[LORA_PART.magnitude] = row(wanted);
      own[LORA_PART.rescale] = row(rescale);
    }
    const form = { rank, scale, shift: shift !== undefined, rescaled: magnitude !== undefined };
    found.set(module, { form, tensors: own });
  }
  return found;
}

const row = (data: Float32Array): Values => ({ shape: [1, data.length], data });

/** The lengths of the rows of W0 + s B A [out,in]. */
function rowLengths(module: ModuleName, own: Record<string, Values>, scale: number, base: BaseModel): Float32Array {
  return tf.tidy(() => {
    const matrix = ({ shape, data }: Values): tf.Tensor2D => tf.tensor2d(data.slice(), [shape[0]!, shape[1]!]);
    const [a, b] = [matrix(own[LORA_PART.a]!), matrix(own[LORA_PART.b]!)];
    const weight = base.weightOf(module);
    const rows: tf.Tensor2D = module === EMBEDDING ? tf.transpose(weight) : weight;
    const sum = tf.add(rows, tf.mul(tf.matMul(b, a), scale));
    return tf
      .sqrt(tf.sum(tf.square(sum), 1))
      .dataSync<"float32">()
      .slice();
  });
}

/** Adds a bias to a module; one that is not adapted gets a LoRA of zeros to carry it. */
export function addShift(
  values: Map<ModuleName, ModuleValues>,
  module: ModuleName,
  delta: Float32Array,
  inSize: number,
): void {
  const zeros = (rows: number, columns: number): Values => ({
    shape: [rows, columns],
    data: new Float32Array(rows * columns),
  });
  const old = values.get(module) ?? {
    form: { rank: 1, scale: 1, shift: false, rescaled: false },
    tensors: { [LORA_PART.a]: zeros(1, inSize), [LORA_PART.b]: zeros(delta.length, 1) },
  };
  const before = old.tensors[LORA_PART.shift]?.data;
  old.tensors[LORA_PART.shift] = row(before ? delta.map((value, index) => value + before[index]!) : delta);
  old.form = { ...old.form, shift: true };
  values.set(module, old);
}
