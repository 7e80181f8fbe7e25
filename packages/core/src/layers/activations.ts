import type { Activation } from "../schema/model.ts";
import { asType } from "../tensor/as-type.ts";
import { executeOne, nativeOps, nativeType } from "../tensor/native.ts";
import { tapeNode } from "../tensor/tape-node.ts";
import * as tf from "../tensor/tf.ts";

const GELU_SLOPE = Math.sqrt(2 / Math.PI);
const GELU_CUBE = 0.044715;

/** An activation of x, stored as x is. */
export function activated(x: tf.Tensor2D, activation: Activation): tf.Tensor2D {
  return asType(FORMULAS[activation](asType(x, "float32")), nativeType(x));
}

const FORMULAS: Record<Activation, (x: tf.Tensor2D) => tf.Tensor2D> = {
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
  gelu: (x) => tf.mul(tf.mul(0.5, x), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2)))),
  gelu_tanh: gelu,
  quick_gelu: (x) => tf.mul(x, tf.sigmoid(tf.mul(1.702, x))),
  relu: (x) => tf.relu(x),
  relu2: (x) => tf.square(tf.relu(x)),
};

/** activation(gate) * up -> [N, w], stored as the inputs are; gate and up side by side in one tensor [N, 2w], or each in its own. */
export function gated(projected: readonly tf.Tensor2D[], activation: Activation): tf.Tensor2D {
  if (activation === "silu") return swiGlu(projected);
  const type = nativeType(projected[0]!);
  const wide = projected.map((x) => asType(x, "float32"));
  const [gate, up] = wide.length === 1 ? tf.split<tf.Tensor2D>(wide[0]!, 2, 1) : wide;
  return asType(tf.mul(FORMULAS[activation](gate!), up!), type);
}

/** GELU by its tanh formula (arXiv 1606.08415): x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). */
export function gelu(x: tf.Tensor2D): tf.Tensor2D {
  const inner = tf.mul(GELU_SLOPE, tf.add(x, tf.mul(GELU_CUBE, tf.mul(x, tf.square(x)))));
  return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(inner)));
}

/** cap tanh(x / cap): almost x near 0, never beyond the cap. */
export const softCapped = <T extends tf.Tensor>(x: T, cap: number): T => tf.mul<T>(tf.tanh(tf.div(x, cap)), cap);

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
