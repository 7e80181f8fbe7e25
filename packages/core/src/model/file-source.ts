import { closeSync, openSync, readSync } from "node:fs";
import { float32Of, type SafetensorsIndex } from "../checkpoint/safetensors.ts";
import type { TensorSpan } from "../checkpoint/safetensors-header.ts";
import { UniArmError } from "../schema/error.ts";
import {
  isTensorFlow,
  nativeOps,
  readTensor,
  storedAs,
  tensorOfBytes,
  type FloatType,
  type StoredType,
} from "../tensor/native.ts";
import * as tf from "../tensor/tf.ts";
import type { WeightSource } from "./build.ts";

const STORED: Partial<Record<TensorSpan["dtype"], StoredType>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/**
 * Weights in a safetensors file, read one matrix at a time and changed in type by the engine: at no time is there more than
 * the model and one matrix, and never a float32 copy of a model that is stored and held in half precision.
 */
export function fileSource({ path, tensors }: SafetensorsIndex): WeightSource {
  const spanOf = (name: string): TensorSpan => tensors.get(name)!;
  return {
    shapeOf: (name) => tensors.get(name)?.shape ?? null,
    load: (names, type) => {
      const spans = names.map(spanOf);
      const shape = [spans.reduce((rows, span) => rows + span.shape[0]!, 0), ...spans[0]!.shape.slice(1)];
      const stored = spans.every((span) => span.dtype === spans[0]!.dtype) ? STORED[spans[0]!.dtype] : undefined;
      if (!stored) return tf.tidy(() => asStored(tf.tensor(joinedValues(path, spans), shape), type));
      if (nativeOps()) return tf.tidy(() => asStored(readTensor(path, spans, shape, stored), type));
      if (isTensorFlow()) return tf.tidy(() => asStored(tensorOfBytes(joinedBytes(path, spans), shape, stored), type));
      return tf.tensor(joinedValues(path, spans), shape);
    },
  };
}

const asStored = (tensor: tf.Tensor, type: FloatType): tf.Tensor => (isTensorFlow() ? storedAs(tensor, type) : tensor);

/** Float32 values of tensors of any supported types. */
function joinedValues(path: string, spans: readonly TensorSpan[]): Float32Array {
  const parts = spans.map((span) => float32Of({ dtype: span.dtype, bytes: joinedBytes(path, [span]) }));
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function joinedBytes(path: string, spans: readonly TensorSpan[]): Uint8Array {
  const bytes = new Uint8Array(spans.reduce((sum, { begin, end }) => sum + end - begin, 0));
  const file = openSync(path, "r");
  try {
    let at = 0;
    for (const { begin, end } of spans) {
      const read = readSync(file, bytes, at, end - begin, begin);
      if (read < end - begin) {
        const what = `${path} is cut off: a tensor of ${end - begin} bytes has only ${read} left. Copy or download the file again.`;
        throw new UniArmError("safetensors-truncated", what);
      }
      at += read;
    }
  } finally {
    closeSync(file);
  }
  return bytes;
}
