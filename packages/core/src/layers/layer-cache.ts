import { executeOne, nativeType, storedAs, type FloatType } from "../tensor/native.ts";
import * as tf from "../tensor/tf.ts";

/** Keys and values of consecutive columns: [B, keyValueHeads, S, headSize] each. */
interface Block {
  keys: tf.Tensor4D;
  values: tf.Tensor4D;
}

/** One layer's keys and values, for attention composed of TensorFlow.js's operations: a main block and a growing tail. */
interface BlockCache {
  kind: "blocks";
  main: Block | null;
  tail: Block | null;
  /** Adds columns, which the cache takes over, and returns all blocks, oldest first. */
  append(keys: tf.Tensor4D, values: tf.Tensor4D): Block[];
}

/** The same for the engine's own attention, which writes into it, in S slots: keys [S, Hkv dh, C, 1], values [S, Hkv, C, dh up to 16]. */
interface InPlaceCache {
  kind: "in-place";
  keys: tf.Tensor4D;
  values: tf.Tensor4D;
}

export type LayerCache = BlockCache | InPlaceCache;

/** Past this many columns the tail joins the main block: the whole cache is copied once every so many tokens, not at each. */
const TAIL_COLUMNS = 32;

export function blockCache(main: Block | null = null): BlockCache {
  const cache: BlockCache = {
    kind: "blocks",
    main,
    tail: null,
    append: (keys, values) => {
      const added = { keys: tf.keep(keys), values: tf.keep(values) };
      if (cache.tail && cache.tail.keys.shape[2] >= TAIL_COLUMNS) {
        cache.main = joined(cache.main!, cache.tail);
        cache.tail = null;
      }
      if (!cache.main) cache.main = added;
      else cache.tail = cache.tail ? joined(cache.tail, added) : added;
      return cache.tail ? [cache.main, cache.tail] : [cache.main];
    },
  };
  return cache;
}

/** The engine's operations read sixteen columns at a time. */
const COLUMNS_STEP = 16;
/** A cache without room grows by half, so that a column is copied a constant number of times. */
const GROWTH = 1.5;

/** In place of a slot: nothing is copied. */
const NO_SLOT = -1;

const roundedUp = (count: number): number => Math.ceil(count / COLUMNS_STEP) * COLUMNS_STEP;

/** An empty cache of zeros with room for `columns`. */
export function inPlaceCache(
  shape: { rows: number; keyValueHeads: number; headSize: number },
  columns: number,
  type: FloatType,
): InPlaceCache {
  const { rows, keyValueHeads, headSize } = shape;
  const first = new Array<number>(rows).fill(0);
  return tf.scoped((): InPlaceCache => {
    const none = (sizes: [number, number, number, number]): tf.Tensor4D =>
      storedAs(tf.tensor4d([], sizes), type) as tf.Tensor4D;
    const empty = {
      keys: none([1, keyValueHeads * headSize, 0, 1]),
      values: none([1, keyValueHeads, 0, roundedUp(headSize)]),
    };
    return rowsOf({ kind: "in-place", ...empty }, first, 0, columns);
  });
}

/** Room for `columns`: the cache itself where it has it, else a bigger copy; then the old one is freed. */
export function withRoom(cache: InPlaceCache, used: number, columns: number): InPlaceCache {
  const capacity = cache.values.shape[2];
  if (columns <= capacity) return cache;
  const rows = Array.from({ length: cache.values.shape[0] }, (_, row) => row);
  const bigger = rowsOf(cache, rows, used, Math.max(columns, capacity * GROWTH));
  disposeLayerCache(cache);
  return bigger;
}

/** The same with more slots, free ones at the end; the old one is freed. */
export function withSlots(cache: InPlaceCache, slots: number, used: number): InPlaceCache {
  const before = cache.values.shape[0];
  const places = Array.from({ length: slots }, (_, slot) => (slot < before ? slot : NO_SLOT));
  const bigger = rowsOf(cache, places, used, cache.values.shape[2]);
  disposeLayerCache(cache);
  return bigger;
}

/** Copies slots from[i] to slots to[i], in place. */
export function copySlots(
  { keys, values }: InPlaceCache,
  from: readonly number[],
  to: readonly number[],
  used: number,
): void {
  tf.tidy(() => {
    const places = [Int32Array.from(from), Int32Array.from(to), Int32Array.of(used)].map((one) =>
      tf.tensor1d(one, "int32"),
    );
    for (const tensor of [keys, values])
      executeOne("UniarmCacheCopy", { T: { type: nativeType(tensor) } }, [tensor, ...places]);
  });
}

/** A new cache of the given rows, which may repeat. */
export function gatherLayerRows(cache: LayerCache, rows: readonly number[], used: number): LayerCache {
  if (cache.kind === "in-place") return rowsOf(cache, rows, used, cache.values.shape[2]);
  return tf.scoped(() => {
    const indices = tf.tensor1d([...rows], "int32");
    const pick = (block: Block | null): Block | null =>
      block && { keys: tf.keep(tf.gather(block.keys, indices)), values: tf.keep(tf.gather(block.values, indices)) };
    const gathered = blockCache(pick(cache.main));
    gathered.tail = pick(cache.tail);
    return gathered;
  });
}

/** Some rows of a layer's cache, of which `used` columns are read. */
interface Rows {
  layer: LayerCache;
  rows: readonly number[];
  used: number;
}

/**
 * A new cache of the rows of several caches of one kind, one after the other, in which all end in column `columns`. What does
 * not fit at their left is left out: it has to be padding.
 */
export function alignedRows(all: readonly Rows[], columns: number): LayerCache {
  const isInPlace = all.every(({ layer }) => layer.kind === "in-place");
  const ofBlocks = (of: "keys" | "values"): tf.Tensor4D => {
    const parts = all.map(({ layer, rows, used }) => {
      const { main, tail } = layer as BlockCache;
      const whole = tf.concat(
        [main, tail].flatMap((block) => (block ? [block[of]] : [])),
        2,
      );
      const kept = Math.min(used, columns);
      const cut = tf.slice(tf.gather(whole, tf.tensor1d([...rows], "int32")), [0, 0, used - kept, 0]);
      return tf.pad(cut, [
        [0, 0],
        [0, 0],
        [columns - kept, 0],
        [0, 0],
      ]);
    });
    return tf.keep(tf.concat<tf.Tensor4D>(parts, 0));
  };
  return tf.scoped((): LayerCache => {
    if (!isInPlace) return blockCache({ keys: ofBlocks("keys"), values: ofBlocks("values") });
    const inPlace = (of: "keys" | "values"): tf.Tensor4D =>
      tf.keep(
        joinedRows(
          all.map(({ layer, ...part }) => ({ ...part, tensor: (layer as InPlaceCache)[of] })),
          columns,
        ),
      );
    return { kind: "in-place", keys: inPlace("keys"), values: inPlace("values") };
  });
}

/** Of tensors [S, ., C, .] -> [n, ., columns and room, .]; of any type that the engine stores. */
function joinedRows(
  parts: readonly { tensor: tf.Tensor4D; rows: readonly number[]; used: number }[],
  columns: number,
): tf.Tensor4D {
  const T = { type: nativeType(parts[0]!.tensor) };
  const numbers = (...values: number[]): tf.Tensor => tf.tensor1d(Int32Array.from(values), "int32");
  const moved = parts.map(({ tensor, rows, used }) => {
    const kept = Math.min(used, columns);
    const room = roundedUp(columns + 1) - columns;
    const picked = executeOne("UniarmCacheRows", { T }, [tensor, numbers(...rows), numbers(used, roundedUp(used))]);
    const index = { T, Index: { type: "int32" } } as const;
    const cut = executeOne("Slice", index, [picked, numbers(0, 0, used - kept, 0), numbers(-1, -1, kept, -1)]);
    const edges = tf.reshape(numbers(0, 0, 0, 0, columns - kept, room, 0, 0), [4, 2]);
    return executeOne("Pad", { T, Tpaddings: { type: "int32" } }, [cut, edges]);
  });
  const attributes = { N: { int: moved.length }, T, Tidx: { type: "int32" } } as const;
  return executeOne("ConcatV2", attributes, [...moved, tf.scalar(0, "int32")]) as tf.Tensor4D;
}

export function disposeLayerCache(cache: LayerCache): void {
  if (cache.kind === "in-place") tf.dispose([cache.keys, cache.values]);
  else for (const block of [cache.main, cache.tail]) if (block) disposeBlock(block);
}

function rowsOf(cache: InPlaceCache, rows: readonly number[], used: number, columns: number): InPlaceCache {
  const capacity = roundedUp(columns);
  return tf.scoped((): InPlaceCache => {
    const indices = tf.tensor1d(Int32Array.from(rows), "int32");
    const sizes = tf.tensor1d(Int32Array.of(used, capacity), "int32");
    const gather = (tensor: tf.Tensor4D): tf.Tensor4D =>
      tf.keep(
        executeOne("UniarmCacheRows", { T: { type: nativeType(tensor) } }, [tensor, indices, sizes]) as tf.Tensor4D,
      );
    return { kind: "in-place", keys: gather(cache.keys), values: gather(cache.values) };
  });
}

function joined(older: Block, newer: Block): Block {
  const both = {
    keys: tf.keep(tf.concat([older.keys, newer.keys], 2)),
    values: tf.keep(tf.concat([older.values, newer.values], 2)),
  };
  disposeBlock(older);
  disposeBlock(newer);
  return both;
}

function disposeBlock({ keys, values }: Block): void {
  tf.dispose([keys, values]);
}
