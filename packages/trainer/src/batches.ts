import type { Random } from "@uniarm/core";

/** Batches whose examples are sorted by length together: enough to save padding, few enough to keep the order random. */
const WINDOW_BATCHES = 8;

/**
 * Which examples each step sees, as a pure function of the step: a checkpoint saves nothing but the step.
 * Every epoch is a fresh order of all examples; epochs follow each other without a gap, so every batch is full. Within a
 * window of 8 batches, examples are grouped by length and then the batches are shuffled.
 * @param lengths tokens of each example
 */
export function planBatches(
  lengths: readonly number[],
  batchSize: number,
  random: Random,
): (step: number) => readonly number[] {
  const windowSize = WINDOW_BATCHES * batchSize;
  const epochs = latest((epoch) => random.fork(`epoch-${epoch}`).shuffle(lengths.map((_, index) => index)), 2);
  const windows = latest((window) => {
    const places = Array.from({ length: windowSize }, (_, offset) => window * windowSize + offset);
    const drawn = places.map((place) => epochs(Math.floor(place / lengths.length))[place % lengths.length]!);
    const sorted = drawn.sort((a, b) => lengths[a]! - lengths[b]!); // stable: equal lengths keep the epoch's order
    const batches = Array.from({ length: WINDOW_BATCHES }, (_, batch) =>
      sorted.slice(batch * batchSize, (batch + 1) * batchSize),
    );
    return random.fork(`window-${window}`).shuffle(batches);
  }, 1);
  return (step) => windows(Math.floor(step / WINDOW_BATCHES))[step % WINDOW_BATCHES]!;
}

/** Optimizer steps in `epochs` passes over `count` examples; at least one. */
export function stepsOf(epochs: number, count: number, batchSize: number): number {
  return Math.max(1, Math.round((epochs * count) / batchSize));
}

/** Cuts a batch into equal parts. */
export function split<T>(batch: readonly T[], parts: number): T[][] {
  const size = batch.length / parts;
  return Array.from({ length: parts }, (_, part) => batch.slice(part * size, (part + 1) * size));
}

/** Remembers the newest `count` results. */
function latest<T>(make: (key: number) => T, count: number): (key: number) => T {
  const made = new Map<number, T>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    if (made.size > count) made.delete(Math.min(...made.keys()));
    return value;
  };
}
