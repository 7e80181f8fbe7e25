import * as tf from "../tensor/tf.ts";
import type { Adapter } from "./adapter.ts";

/** The same adapter with tensors of its own. */
export function copyAdapter(adapter: Adapter): Adapter {
  const tensors = tf.tidy(() =>
    Object.fromEntries(
      Object.entries(adapter.tensors).map(([name, value]) => [name, tf.variable(tf.clone(value as tf.Tensor))]),
    ),
  );
  const objectiveVectors = adapter.objectiveVectors && tf.keep(tf.clone(adapter.objectiveVectors));
  const dispose = (): void => {
    tf.dispose(tensors);
    objectiveVectors?.dispose();
  };
  return { ...adapter, tensors, objectiveVectors, dispose };
}
