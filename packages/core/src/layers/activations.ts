import { asType } from "../tensor/as-type.ts";
import { executeOne, nativeOps, nativeType } from "../tensor/native.ts";
import { tapeNode } from "../tensor/tape-node.ts";
import * as tf from "../tensor/tf.ts";

const GELU_SLOPE = Math.sqrt(2 / Math.PI);
const GELU_CUBE = 0.044715;

/** GELU by its tanh formula (arXiv 1606.08415): x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), stored as x is. */
export function gelu(x: tf.Tensor2D): tf.Tensor2D {
  const wide = asType(x, "float32");
  const inner = tf.mul(GELU_SLOPE, tf.add(wide, tf.mul(GELU_CUBE, tf.mul(wide, tf.square(wide)))));
  const value: tf.Tensor2D = tf.mul(tf.mul(0.5, wide), tf.add(1, tf.tanh(inner)));
  return asType(value, nativeType(x));
}

/** silu(gate) * up -> [N, w], stored as the inputs are; gate and up side by side in one tensor [N, 2w], or each in its own. */
export function swiGlu(projected: readonly tf.Tensor2D[]): tf.Tensor2D {
  if (nativeOps() && projected.length === 1) return nativeSwiGlu(projected[0]!);
  const [gate, up] = projected.length === 1 ? tf.split<tf.Tensor2D>(projected[0]!, 2, 1) : projected;
  const inputs = { gate: gate!, up: up! };
  const [activated] = tapeNode(
    inputs,
    (save) => {
      const sigmoid = tf.sigmoid(inputs.gate);
      save([inputs.gate, inputs.up, sigmoid]);
      return [tf.mul(tf.mul(inputs.gate, sigmoid), inputs.up)];
    },
    ([dy], saved) => {
      const [x, other, s] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      return {
        gate: () => tf.mul(tf.mul(dy!, other), tf.mul(s, tf.add(1, tf.mul(x, tf.sub(1, s))))), // d silu / d x
        up: () => tf.mul(dy!, tf.mul(x, s)),
      };
    },
  );
  return activated as tf.Tensor2D;
}

function nativeSwiGlu(gateUp: tf.Tensor2D): tf.Tensor2D {
  const T = { type: nativeType(gateUp) };
  const [activated] = tapeNode(
    { gateUp },
    (save) => {
      save([gateUp]);
      return [executeOne("UniarmSwiGlu", { T }, [gateUp])];
    },
    ([dy], [saved]) => ({ gateUp: () => executeOne("UniarmSwiGluGrad", { T }, [saved!, dy!]) }),
  );
  return activated as tf.Tensor2D;
}
