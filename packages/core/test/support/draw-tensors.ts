import type { Adapter } from "../../src/adapters/adapter.ts";
import type { Random } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";

/** Draws every tensor of an adapter, so that nothing hides behind a zero start. */
export function drawTensors({ tensors }: Adapter, deviation: number, randomOf: (name: string) => Random): void {
  for (const [name, variable] of Object.entries(tensors)) {
    const random = randomOf(name);
    const values = Float32Array.from({ length: variable.size }, () => deviation * random.normal());
    tf.tidy(() => {
      variable.assign(tf.tensor(values, variable.shape));
    });
  }
}
