import { tapeNode } from "../tensor/tape-node.ts";
import * as tf from "../tensor/tf.ts";

/**
 * Rotary embedding of x [B, T, heads, headSize] by cos, sin [B or 1, T, 1, headSize]. One node on the tape.
 * @param size entries of a head that turn, the first ones
 */
export function rotate(x: tf.Tensor4D, cos: tf.Tensor4D, sin: tf.Tensor4D, size = x.shape[3]): tf.Tensor4D {
  const half = size / 2;
  const rest = x.shape[3] - size;
  const part = (input: tf.Tensor, start: number, count: number): tf.Tensor =>
    tf.slice(input, [0, 0, 0, start], [-1, -1, -1, count]);
  const swapHalves = (input: tf.Tensor): tf.Tensor =>
    tf.concat(
      [part(input, half, half), part(input, 0, half), ...(rest > 0 ? [part(input, size, rest)] : [])], // sin is 0 in the rest
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
