import * as tf from "../tensor/tf.ts";

/** log(1 + e^x) = -log sigmoid(-x), elementwise, without overflow or cancellation at either end. */
export function softplus(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((input, save) => {
    const values = input as tf.Tensor;
    (save as tf.GradSaver)([values]);
    return {
      value: tf.add(tf.relu(values), log1p(tf.exp(tf.neg(tf.abs(values))))),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, tf.sigmoid(saved[0]!)),
    };
  })(x);
}

/** log(1 + x) for x in [0, 1]. tf.log1p is log(1 + x) on wasm, which loses small x; the rounding of 1 + x is divided out (Kahan). */
function log1p(x: tf.Tensor): tf.Tensor {
  const rounded = tf.add(x, 1);
  const kept = tf.sub(rounded, 1); // what is left of x in it
  return tf.where(tf.greater(kept, 0), tf.div(tf.mul(tf.log(rounded), x), kept), x);
}
