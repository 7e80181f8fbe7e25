import {
  matrixOfBlocks,
  quantize,
  QUANTIZED_WEIGHTS,
  type QuantizedMatrix,
  type QuantizedWeights,
} from "../tensor/quantized.ts";
import type * as tf from "../tensor/tf.ts";
import type { WeightSource } from "./weight-source.ts";

/**
 * The tensors of these names one below the other, quantized; the caller owns the matrix. Blocks that a file has in a format
 * of the engine's products stay as they are: rounding them once more would only lose. What was read is freed before the next
 * is read, so memory never holds more than the quantized model and one matrix of its files.
 * @throws UniArmError quantized-not-finite, quantized-size
 */
export function quantizedWeights(
  source: WeightSource,
  names: readonly string[],
  weights: QuantizedWeights,
): QuantizedMatrix {
  const own = source.blocksOf?.(names);
  if (own) {
    const shapes = names.map((name) => source.shapeOf(name)!);
    const rows = shapes.reduce((sum, [size]) => sum + size!, 0);
    return matrixOfBlocks(own.format, [rows, shapes[0]![1]!], own.bytes, names.join(", "));
  }
  const type = source.exactType?.(names) ?? "float32";
  const values = source.load(names, type);
  try {
    return quantize(values as tf.Tensor2D, QUANTIZED_WEIGHTS[weights], type, names.join(", "));
  } finally {
    values.dispose();
  }
}
