import type { tf } from "@uniarm/core";

/** Tensors by their names, as they lie on the disk. */
export type StoredTensors = Record<string, { shape: number[]; data: Float32Array }>;

export async function storedTensors(tensors: Readonly<Record<string, tf.Tensor>>): Promise<StoredTensors> {
  const stored: StoredTensors = {};
  for (const [name, tensor] of Object.entries(tensors))
    stored[name] = { shape: [...tensor.shape], data: (await tensor.data<"float32">()).slice() };
  return stored;
}
