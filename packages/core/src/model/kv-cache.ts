import { UniArmError } from "../schema/error.ts";
import * as tf from "../tensor/tf.ts";

/** Keys and values of one layer: [B, keyValueHeads, S, headSize] each. */
interface KeysAndValues {
  keys: tf.Tensor4D;
  values: tf.Tensor4D;
}

/** Past this many columns the tail joins the main block: the whole cache is copied once in so many steps, not at each. */
const TAIL_COLUMNS = 32;

/**
 * Keys and values of the tokens that a batch has seen. Each layer holds a main block and a short growing tail.
 * `padding[row]` columns at the left of a row are padding.
 */
export class KvCache {
  readonly padding: number[];
  private readonly layers: { main: KeysAndValues | null; tail: KeysAndValues | null }[];
  private columns = 0;

  constructor(layers: number, padding: readonly number[]) {
    this.padding = [...padding];
    this.layers = Array.from({ length: layers }, () => ({ main: null, tail: null }));
  }

  get rows(): number {
    return this.padding.length;
  }

  /** columns seen so far, padding included */
  get length(): number {
    return this.columns;
  }

  /** Adds the new columns of one layer (the cache takes them over) and returns all blocks of the layer, oldest first. */
  append(layer: number, keys: tf.Tensor4D, values: tf.Tensor4D): KeysAndValues[] {
    const slot = this.layers[layer]!;
    tf.keep(keys);
    tf.keep(values);
    const added = { keys, values };
    if (!slot.main) slot.main = added;
    else slot.tail = slot.tail ? joined(slot.tail, added) : added;
    return slot.tail ? [slot.main, slot.tail] : [slot.main];
  }

  /** Called once all layers have appended `count` columns. */
  advance(count: number): void {
    this.columns += count;
    for (const slot of this.layers) {
      if (!slot.main || !slot.tail || slot.tail.keys.shape[2] < TAIL_COLUMNS) continue;
      slot.main = joined(slot.main, slot.tail);
      slot.tail = null;
    }
  }

  /**
   * A new cache of the given rows, which may repeat; this one stays the caller's.
   * @throws UniArmError cache-row
   */
  gatherRows(rows: readonly number[]): KvCache {
    const wrong = rows.find((row) => !Number.isInteger(row) || row < 0 || row >= this.rows);
    if (wrong !== undefined) {
      throw new UniArmError(
        "cache-row",
        `Row ${wrong} was asked of a cache with ${this.rows} rows; rows are numbered 0 to ${this.rows - 1}.`,
      );
    }
    const gathered = new KvCache(
      this.layers.length,
      rows.map((row) => this.padding[row]!),
    );
    gathered.columns = this.columns;
    const indices = tf.tensor1d([...rows], "int32");
    const pick = (block: KeysAndValues | null): KeysAndValues | null =>
      block && { keys: tf.keep(tf.gather(block.keys, indices)), values: tf.keep(tf.gather(block.values, indices)) };
    this.layers.forEach((slot, layer) => {
      gathered.layers[layer] = { main: pick(slot.main), tail: pick(slot.tail) };
    });
    indices.dispose();
    return gathered;
  }

  /**
   * A new cache with the rows of all `caches` in turn; they stay the caller's.
   * @throws UniArmError cache-length when they have not seen equally many columns
   */
  static concat(caches: readonly KvCache[]): KvCache {
    const [first] = caches;
    const lengths = caches.map((cache) => cache.length);
    if (!first || lengths.some((length) => length !== first.length || length === 0)) {
      throw new UniArmError(
        "cache-length",
        `Caches of [${lengths.join(", ")}] columns cannot be joined; all need the same length, at least 1.`,
      );
    }
    const all = new KvCache(
      first.layers.length,
      caches.flatMap((cache) => cache.padding),
    );
    all.columns = first.columns;
    all.layers.forEach((slot, layer) => {
      slot.main = tf.tidy(() => {
        const whole = caches.map((cache) => cache.whole(layer));
        return {
          keys: tf.keep(tf.concat(whole.map((block) => block.keys))),
          values: tf.keep(tf.concat(whole.map((block) => block.values))),
        };
      });
    });
    return all;
  }

  /** The cache is empty afterwards. */
  dispose(): void {
    for (const slot of this.layers) {
      for (const block of [slot.main, slot.tail]) if (block) disposeBlock(block);
      slot.main = slot.tail = null;
    }
    this.columns = 0;
  }

  /** Both blocks of a layer as one, for the caller's tidy. */
  private whole(layer: number): KeysAndValues {
    const { main, tail } = this.layers[layer]!;
    if (!tail) return main!;
    return { keys: tf.concat([main!.keys, tail.keys], 2), values: tf.concat([main!.values, tail.values], 2) };
  }
}

function joined(older: KeysAndValues, newer: KeysAndValues): KeysAndValues {
  const both = {
    keys: tf.keep(tf.concat([older.keys, newer.keys], 2)),
    values: tf.keep(tf.concat([older.values, newer.values], 2)),
  };
  disposeBlock(older);
  disposeBlock(newer);
  return both;
}

function disposeBlock(block: KeysAndValues): void {
  block.keys.dispose();
  block.values.dispose();
}
