import { recomputed } from "../tensor/tape-node.ts";
import type * as tf from "../tensor/tf.ts";
import type { AdapterRows, ModuleDelta } from "./adapter-rows.ts";
import type { Projection } from "./project.ts";

/**
 * A layer of which only the input is kept for the way back. Everything that has a gradient must be an input of its tape
 * node: the adapters' tensors are passed in, and the layer sees adapters made of what it is passed.
 */
export function recomputedLayer(
  x: tf.Tensor2D,
  adapters: readonly AdapterRows[],
  projections: readonly Projection[],
  layer: (x: tf.Tensor2D, adapters: readonly AdapterRows[]) => tf.Tensor2D,
): tf.Tensor2D {
  const modules = projections.flatMap(({ parts }) => parts.map(({ module }) => module));
  const deltas = adapters.map(({ adapter }) =>
    modules.flatMap((module) => {
      const delta = adapter.deltaOf(module);
      return delta ? [{ module, delta }] : [];
    }),
  );
  const tensors = [...new Set(deltas.flat().flatMap(({ delta }) => tensorsOf(delta)))];
  const output = recomputed([x, ...tensors], ([input, ...given]) => {
    const replaced = new Map(tensors.map((tensor, index) => [tensor, given[index]!]));
    const entries = adapters.map((entry, index): AdapterRows => {
      const own = new Map(deltas[index]!.map(({ module, delta }) => [module, withTensors(delta, replaced)]));
      return { ...entry, adapter: { ...entry.adapter, deltaOf: (module) => own.get(module) ?? null } };
    });
    return layer(input as tf.Tensor2D, entries);
  });
  return output as tf.Tensor2D;
}

const tensorsOf = ({ down, up, modulation }: ModuleDelta): tf.Tensor[] => [down, ...(up ? [up] : []), ...modulation];

const withTensors = (delta: ModuleDelta, replaced: Map<tf.Tensor, tf.Tensor>): ModuleDelta => ({
  ...delta,
  down: replaced.get(delta.down) as tf.Tensor2D,
  up: delta.up && (replaced.get(delta.up) as tf.Tensor2D),
  modulation: delta.modulation.map((tensor) => replaced.get(tensor)!),
});
