import { quantize, QUANTIZED_WEIGHTS, type QuantizedMatrix, type QuantizedWeights } from "../tensor/quantized.ts";
import type * as tf from "../tensor/tf.ts";
import type { WeightSource } from "./weight-source.ts";

/**
 * The tensors of these names one below the other, quantized; the caller owns the matrix. What was read is freed before the
 * next is read, so memory never holds more than the quantized model and one matrix of its files.
 * @throws UniArmError quantized-not-finite
 */
export function quantizedWeights(
  source: WeightSource,
  names: readonly string[],
  weights: QuantizedWeights,
): QuantizedMatrix {
  const type = source.exactType?.(names) ?? "float32";
  const values = source.load(names, type);
  try {
    return quantize(values as tf.Tensor2D, QUANTIZED_WEIGHTS[weights], type, names.join(", "));
  } finally {
    values.dispose();
  }
}
