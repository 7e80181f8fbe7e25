import { copyAdapter, tf, type Adapter } from "@uniarm/core";
import type { HeldState } from "./adamw.ts";
import { storedTensors, type StoredTensors } from "./stored-tensors.ts";

/** Exponential moving average of an adapter's tensors: e <- decay e + (1 - decay) theta after each update. */
export interface Average {
  /** the adapter with the averaged tensors; who made the average disposes of it */
  readonly adapter: Adapter;
  update(): void;
  /** The tensors that are averaged, to continue from. */
  trained(): Promise<StoredTensors>;
  /** As `AdamW.hold`. */
  hold(): HeldState;
}

/**
 * The average begins at `given`, which it takes over, and an adapter of its own is trained.
 * @param trained tensors of an interrupted run, of which `given` is the average; null: they are the same
 * @param names of the tensors that training changes; the others stay what they are to the last bit
 */
export function createAverage(
  given: Adapter,
  decay: number,
  trained: StoredTensors | null,
  names: readonly string[] = Object.keys(given.tensors),
): { adapter: Adapter; average: Average } {
  const adapter = copyAdapter(given);
  for (const [name, { shape, data }] of Object.entries(trained ?? {}))
    tf.tidy(() => {
      adapter.tensors[name]!.assign(tf.tensor(data.slice(), shape));
    });
  const pairs = names.map((name) => ({ mean: given.tensors[name]!, value: adapter.tensors[name]! }));
  const average: Average = {
    adapter: given,
    update: () => {
      for (const { mean, value } of pairs)
        tf.tidy(() => {
          mean.assign(tf.add(tf.mul(mean, decay), tf.mul(value, 1 - decay)));
        });
    },
    trained: () => storedTensors(adapter.tensors),
    hold: () => {
      const held = pairs.map(({ mean }) => tf.keep(tf.clone(mean as tf.Tensor)));
      return {
        restore: () => {
          pairs.forEach(({ mean }, index) => mean.assign(held[index]!));
        },
        dispose: () => {
          tf.dispose(held);
        },
      };
    },
  };
  return { adapter, average };
}
