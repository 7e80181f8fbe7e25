import { transposesFirst } from "./engine.ts";
import * as tf from "./tf.ts";

/** A weight that never changes, stored [out, in] as checkpoints have it. How it is kept and multiplied is hidden here. */
export interface FrozenMatrix {
  readonly kind: "frozen";
  readonly outSize: number;
  readonly inSize: number;
  readonly values: tf.Tensor2D;
  /** [in, out], on engines that are slow with transposed right sides */
  readonly transposed: tf.Tensor2D | null;
}

/** A weight that an optimizer changes, [out, in]. */
export interface TrainableMatrix {
  readonly kind: "trainable";
  readonly outSize: number;
  readonly inSize: number;
  readonly values: tf.Variable<tf.Rank.R2>;
}

export type Matrix = FrozenMatrix | TrainableMatrix;

/** Takes ownership of `values` [out, in]; free it with `disposeMatrix`. */
export function frozenMatrix(values: tf.Tensor2D): FrozenMatrix {
  const [outSize, inSize] = values.shape;
  const transposed = transposesFirst() ? tf.keep(tf.transpose(values)) : null;
  return { kind: "frozen", outSize, inSize, values: tf.keep(values), transposed };
}

export function trainableMatrix(values: tf.Variable<tf.Rank.R2>): TrainableMatrix {
  const [outSize, inSize] = values.shape;
  return { kind: "trainable", outSize, inSize, values };
}

export function disposeMatrix(matrix: Matrix): void {
  matrix.values.dispose();
  if (matrix.kind === "frozen") matrix.transposed?.dispose();
}

/** x [..., in] times a weight [out, in] -> [..., out]. All weight products go through here: it folds to two dimensions. */
export function linear(x: tf.Tensor, weight: Matrix | tf.Tensor2D): tf.Tensor {
  return tf.tidy(() => {
    const folded: tf.Tensor2D = tf.reshape(x, [-1, x.shape.at(-1) ?? 1]); // [rows, in]
    const product =
      "kind" in weight && weight.kind === "frozen" ? timesFrozen(folded, weight) : timesTensor(folded, weight);
    return tf.reshape(product, [...x.shape.slice(0, -1), product.shape[1]]);
  });
}

function timesFrozen(x: tf.Tensor2D, weight: FrozenMatrix): tf.Tensor2D {
  return tf.customGrad((input) => ({
    value: weight.transposed
      ? tf.matMul(input as tf.Tensor2D, weight.transposed)
      : tf.matMul(input as tf.Tensor2D, weight.values, false, true),
    gradFunc: (dy: tf.Tensor) => tf.matMul(dy, weight.values), // no gradient for a frozen weight
  }))(x) as tf.Tensor2D;
}

function timesTensor(x: tf.Tensor2D, weight: TrainableMatrix | tf.Tensor2D): tf.Tensor2D {
  const values = "kind" in weight ? weight.values : weight;
  return tf.customGrad((input, w, save) => {
    (save as tf.GradSaver)([input as tf.Tensor, w as tf.Tensor]);
    return {
      value: rightTransposed(input as tf.Tensor2D, w as tf.Tensor2D),
      gradFunc: (dy: tf.Tensor2D, saved: tf.Tensor[]) => [
        tf.matMul(dy, saved[1] as tf.Tensor2D),
        leftTransposed(dy, saved[0] as tf.Tensor2D),
      ],
    };
  })(x, values);
}

const rightTransposed = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D =>
  transposesFirst() ? tf.matMul(a, tf.transpose(b)) : tf.matMul(a, b, false, true);
const leftTransposed = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D =>
  transposesFirst() ? tf.matMul(tf.transpose(a), b) : tf.matMul(a, b, true, false);
