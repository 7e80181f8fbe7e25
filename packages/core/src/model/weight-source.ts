import { storedAs, type FloatType } from "../tensor/native.ts";
import type { BlockFormat } from "../tensor/quantized.ts";
import * as tf from "../tensor/tf.ts";

/** Weights in main memory, by their Hugging Face names ("model.layers.0.self_attn.q_proj.weight"). */
export type TensorRecord = Record<string, { shape: number[]; data: Float32Array }>;

/** Where a model's weights come from. */
export interface WeightSource {
  /** null for a tensor that is not there; names are those of `requiredTensors` */
  shapeOf(name: string): readonly number[] | null;
  /** The tensors of these names one below the other along their first axis, on the engine; the caller owns the result. */
  load(names: readonly string[], type: FloatType): tf.Tensor;
  /** The narrowest type that holds these tensors exactly. Default: float32. */
  exactType?(names: readonly string[]): FloatType;
  /** The blocks of these matrices, one below the other, where the files hold them all in one format that products read as it is. */
  blocksOf?(names: readonly string[]): { format: BlockFormat; bytes: Uint8Array } | null;
  /** how the file calls a tensor, where it has another name for it */
  publishedName?(name: string): string;
}

/** Weights in memory as a source; their values are copied. */
export function recordSource(tensors: TensorRecord): WeightSource {
  return {
    shapeOf: (name) => tensors[name]?.shape ?? null,
    load: (names, type) => {
      const [first] = names.map((name) => tensors[name]!);
      const size = names.reduce((sum, name) => sum + tensors[name]!.data.length, 0);
      const data = new Float32Array(size); // the engine may hold on to the array
      let at = 0;
      for (const name of names) {
        data.set(tensors[name]!.data, at);
        at += tensors[name]!.data.length;
      }
      const rows = names.reduce((sum, name) => sum + tensors[name]!.shape[0]!, 0);
      const tensor = tf.tensor(data, [rows, ...first!.shape.slice(1)]);
      if (type === "float32") return tensor;
      const narrow = storedAs(tensor, type);
      tensor.dispose();
      return narrow;
    },
  };
}
