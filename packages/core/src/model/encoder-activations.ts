import type { EncoderActivation } from "../schema/encoder.ts";
import * as tf from "../tensor/tf.ts";

const TANH_SLOPE = Math.sqrt(2 / Math.PI);
const TANH_CUBE = 0.044715;

/** GELU itself, x Phi(x), and the tanh formula that GPT-2 takes for it, differ by up to 5e-4. */
export const ENCODER_ACTIVATIONS: Readonly<Record<EncoderActivation, (x: tf.Tensor2D) => tf.Tensor2D>> = {
  gelu: (x) => tf.mul(tf.mul(0.5, x), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2)))),
  "gelu-tanh": (x) => {
    const inner = tf.mul(TANH_SLOPE, tf.add(x, tf.mul(TANH_CUBE, tf.mul(x, tf.square(x)))));
    return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(inner)));
  },
  relu: (x) => tf.relu(x),
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
  tanh: (x) => tf.tanh(x),
};
