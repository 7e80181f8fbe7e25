import { nativeType, storedAs, type FloatType } from "./native.ts";
import { tapeNode } from "./tape-node.ts";
import type * as tf from "./tf.ts";

/** Stores activations as `type`; differentiable. */
export function asType(x: tf.Tensor2D, type: FloatType): tf.Tensor2D {
  const from = nativeType(x);
  if (from === type) return x;
  const [cast] = tapeNode(
    { x },
    () => [storedAs(x, type)],
    ([dy]) => ({ x: () => storedAs(dy!, from) }),
  );
  return cast as tf.Tensor2D;
}
