import { transposesFirst } from "./engine.ts";
import * as tf from "./tf.ts";

/** Rows of x [N, d] at distinct `indices` [M] -> [M, d]; its gradient works on every engine. */
export function gatherRows(x: tf.Tensor2D, indices: tf.Tensor1D): tf.Tensor2D {
  return tf.customGrad((input) => ({
    value: tf.gather(input as tf.Tensor2D, indices),
    gradFunc: (dy: tf.Tensor) => tf.scatterND(tf.expandDims(indices, 1), dy, x.shape),
  }))(x) as tf.Tensor2D;
}

/** Rows of a trained table [V, d] at `ids` [M], which may repeat -> [M, d]. */
export function embedTrainable(table: tf.Tensor2D, ids: tf.Tensor1D): tf.Tensor2D {
  return tf.customGrad((input) => ({
    value: tf.gather(input as tf.Tensor2D, ids),
    gradFunc: (dy: tf.Tensor) => {
      if (!transposesFirst()) return tf.unsortedSegmentSum(dy, ids, table.shape[0]);
      const oneHot = tf.cast(tf.oneHot(ids, table.shape[0]), "float32"); // [M,V]: wasm has no segment sum
      return tf.matMul(tf.transpose(oneHot), dy as tf.Tensor2D);
    },
  }))(table) as tf.Tensor2D;
}
