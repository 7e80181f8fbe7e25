import { frozenMatrix, type FrozenMatrix } from "../matrix.ts";
import { storedAs } from "../native.ts";
import { quantize, QUANTIZED_WEIGHTS, type QuantizedWeights } from "../quantized.ts";
import type * as tf from "../tf.ts";

/** A way to hold the weights of a model that calibration measures. */
export interface MeasuredType {
  /** whether it may be what nobody asked for; a type that changes numbers much is shown and never taken by itself */
  byDefault: boolean;
  /** whether gradients go back through it */
  trains: boolean;
  /** `values` [out, in] in float32 -> the matrix; takes ownership of them */
  hold: (values: tf.Tensor2D) => FrozenMatrix;
}

/** A row for each type; the first is the one that others have to beat. */
export const MEASURED_TYPES: Readonly<Record<string, MeasuredType>> = {
  float32: { byDefault: true, trains: true, hold: frozenMatrix },
  bfloat16: {
    byDefault: true,
    trains: true,
    hold: (values) => {
      const narrow = frozenMatrix(storedAs(values, "bfloat16") as tf.Tensor2D);
      values.dispose();
      return narrow;
    },
  },
  int8: { byDefault: false, trains: true, hold: (values) => blocks(values, "int8") },
  int4: { byDefault: false, trains: true, hold: (values) => blocks(values, "int4") },
};

function blocks(values: tf.Tensor2D, weights: QuantizedWeights): FrozenMatrix {
  const matrix = quantize(values, QUANTIZED_WEIGHTS[weights], "float32");
  values.dispose();
  return matrix;
}
