import * as tf from "../tensor/tf.ts";

/** log(1 + e^x) = -log sigmoid(-x), elementwise, without overflow or cancellation at either end. */
export function softplus(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((input, save) => {
    const values = input as tf.Tensor;
    (save as tf.GradSaver)([values]);
    return {
      value: tf.add(tf.relu(values), tf.log1p(tf.exp(tf.neg(tf.abs(values))))),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, tf.sigmoid(saved[0]!)),
    };
  })(x);
}
