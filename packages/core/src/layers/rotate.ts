import { tapeNode } from "../tensor/tape-node.ts";
import * as tf from "../tensor/tf.ts";

/** Rotary embedding of x [B, T, heads, headSize] by cos, sin [B or 1, T, 1, headSize]. One node on the tape. */
export function rotate(x: tf.Tensor4D, cos: tf.Tensor4D, sin: tf.Tensor4D): tf.Tensor4D {
  const half = x.shape[3] / 2;
  const swapHalves = (input: tf.Tensor): tf.Tensor =>
    tf.concat(
      [tf.slice(input, [0, 0, 0, half], [-1, -1, -1, half]), tf.slice(input, [0, 0, 0, 0], [-1, -1, -1, half])],
      3,
    );
  const [rotated] = tapeNode(
    { x },
    (save) => {
      save([cos, sin]);
      return [tf.add(tf.mul(x, cos), tf.mul(swapHalves(x), sin))];
    },
    ([dy], saved) => ({
      x: () => tf.add(tf.mul(dy!, saved[0]!), swapHalves(tf.mul(dy!, saved[1]!))), // the transpose
    }),
  );
  return rotated as tf.Tensor4D;
}
