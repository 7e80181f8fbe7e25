import * as tf from "./tf.ts";

/** Rows of x [N, d] at `indices` [M] -> [M, d]; a row may be taken more than once. One node on the tape. */
export function gatherRows(x: tf.Tensor2D, indices: tf.Tensor1D): tf.Tensor2D {
  return tf.customGrad((input, save) => {
    (save as tf.GradSaver)([indices]); // what the gradient needs must be saved: a tidy may end before the tape is read
    return {
      value: tf.gather(input as tf.Tensor2D, indices),
      gradFunc: (dy: tf.Tensor, [places]: tf.Tensor[]) => tf.unsortedSegmentSum(dy, places as tf.Tensor1D, x.shape[0]),
    };
  })(x);
}
