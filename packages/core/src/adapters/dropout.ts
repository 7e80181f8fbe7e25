import type { ModuleDelta, RowAdapter } from "../layers/adapter-rows.ts";
import type { Random } from "../tensor/random.ts";
import * as tf from "../tensor/tf.ts";

/**
 * The adapter with a share of what its linear modules read left out, and the rest scaled up by as much: for training. Each
 * module draws from a stream of its own name, so that a layer which is computed again sees the same inputs.
 */
export function withDropout(adapter: RowAdapter, share: number, random: Random): RowAdapter {
  const dropping = (module: string, delta: ModuleDelta): ModuleDelta => ({
    ...delta,
    dropInput: (x) => tf.mul(x, keptShares(x.shape, share, random.fork(module))),
  });
  return {
    ...adapter,
    deltaOf: (module) => {
      const delta = adapter.deltaOf(module);
      return delta && dropping(module, delta);
    },
  };
}

/** 0 for an input that is left out, 1 / (1 - share) for one that is kept. */
function keptShares([rows, columns]: [number, number], share: number, random: Random): tf.Tensor2D {
  const kept = 1 / (1 - share);
  const values = Float32Array.from({ length: rows * columns }, () => (random.uniform() < share ? 0 : kept));
  return tf.tensor2d(values, [rows, columns]);
}
