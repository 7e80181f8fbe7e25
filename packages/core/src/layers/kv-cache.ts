import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { nativeOps, type FloatType } from "../tensor/native.ts";
import {
  alignedRows,
  blockCache,
  copySlots,
  disposeLayerCache,
  gatherLayerRows,
  inPlaceCache,
  withRoom,
  withSlots,
  type LayerCache,
} from "./layer-cache.ts";

export type CacheShape = Pick<ModelConfig, "layers" | "keyValueHeads" | "headSize"> & {
  /** how the model's activations are stored */
  type: FloatType;
  /** whether the model needs composed attention */
  isComposed: boolean;
};

/** What is kept of all layers, in `slots` slots of equal size: one a row, and free ones. Parts of a cache share it. */
interface Store {
  layers: (LayerCache | null)[];
  slots: number;
}

/** A cache without a free slot grows by so much, so that a slot is copied a constant number of times. */
const SLOT_GROWTH = 1.25;

/** Keys and values of the tokens that a batch has seen. `padding[row]` columns at the left of a row are padding. */
export class KvCache {
  /** whether attention writes into it where it lies; else what it holds is copied as it grows */
  readonly isInPlace: boolean;
  private readonly shape: CacheShape;
  private readonly expectedColumns: number;
  private readonly store: Store;
  private rowPadding: readonly number[];
  /** where each row lies in the store */
  private rowSlots: readonly number[];
  private columns = 0;

  /** @param expectedColumns room to start with; a cache grows where it must @param store another cache's, for a part of it */
  constructor(shape: CacheShape, padding: readonly number[], expectedColumns = 0, store?: Store) {
    this.shape = shape;
    this.expectedColumns = expectedColumns;
    this.isInPlace = nativeOps() !== null && !shape.isComposed;
    this.rowPadding = [...padding];
    this.rowSlots = rangeOf(padding.length);
    this.store = store ?? { layers: new Array<null>(shape.layers).fill(null), slots: padding.length };
  }

  get padding(): readonly number[] {
    return this.rowPadding;
  }

  get slots(): readonly number[] {
    return this.rowSlots;
  }

  get rows(): number {
    return this.rowPadding.length;
  }

  /** columns seen so far, padding included */
  get length(): number {
    return this.columns;
  }

  /** One layer's keys and values, with room for `count` more columns; they stay the cache's. */
  layer(index: number, count: number): LayerCache {
    const { layers } = this.store;
    const needed = this.columns + count;
    const found = layers[index] ?? this.empty(needed);
    return (layers[index] = found.kind === "in-place" ? withRoom(found, this.columns, needed) : found);
  }

  /** Called once all layers hold `count` more columns. */
  advance(count: number): void {
    this.columns += count;
  }

  /**
   * A new cache of the given rows, which may repeat; this one stays the caller's.
   * @throws UniArmError cache-row
   */
  gatherRows(rows: readonly number[]): KvCache {
    this.checkRows(rows);
    const gathered = new KvCache(this.shape, this.paddingOf(rows), this.expectedColumns);
    gathered.columns = this.columns;
    gathered.store.layers = this.gathered(rows);
    return gathered;
  }

  /**
   * Has the given rows from now on, which may repeat, in their order. In place nothing but repeated rows is copied.
   * @throws UniArmError cache-row
   */
  keepRows(rows: readonly number[]): void {
    this.checkRows(rows);
    if (this.isInPlace) this.rowSlots = this.slotsFor(rows);
    else {
      const { layers } = this.store;
      this.store.layers = this.gathered(rows);
      for (const layer of layers) if (layer) disposeLayerCache(layer);
      this.rowSlots = rangeOf(rows.length);
    }
    this.rowPadding = this.paddingOf(rows);
  }

  /**
   * Has the rows of another cache of the same model after its own. All end in one column, with no more padding than rows
   * shorter than the longest need. The other stays the caller's.
   */
  adopt(other: KvCache): void {
    const both = [this, other] as const;
    const columns = Math.max(...both.map((cache) => cache.columns - Math.min(...cache.rowPadding)));
    const layers: (LayerCache | null)[] = [];
    try {
      for (const index of this.store.layers.keys()) {
        const all = both.flatMap((cache) => {
          const layer = cache.store.layers[index];
          return layer ? [{ layer, rows: cache.rowSlots, used: cache.columns }] : [];
        });
        layers.push(all.length > 0 ? alignedRows(all, columns) : null);
      }
    } catch (error) {
      for (const layer of layers) if (layer) disposeLayerCache(layer);
      throw error;
    }
    const padding = both.flatMap((cache) => cache.rowPadding.map((count) => columns - (cache.columns - count)));
    this.dispose();
    this.store.layers = layers;
    this.store.slots = padding.length;
    this.rowPadding = padding;
    this.rowSlots = rangeOf(padding.length);
    this.columns = columns;
  }

  /**
   * Some rows of an in-place cache, to write their columns from `column` on; what is before is padding of theirs. It has
   * nothing of its own to free, and no more room than `expectedColumns`.
   */
  part(rows: readonly number[], column: number): KvCache {
    this.checkRows(rows);
    const part = new KvCache(this.shape, this.paddingOf(rows), this.expectedColumns, this.store);
    part.rowSlots = rows.map((row) => this.rowSlots[row]!);
    part.columns = column;
    return part;
  }

  /** The cache is empty afterwards. */
  dispose(): void {
    const { store } = this;
    for (const layer of store.layers) if (layer) disposeLayerCache(layer);
    store.layers = store.layers.map(() => null);
    this.columns = 0;
  }

  private paddingOf(rows: readonly number[]): number[] {
    return rows.map((row) => this.rowPadding[row]!);
  }

  private gathered(rows: readonly number[]): (LayerCache | null)[] {
    const slots = rows.map((row) => this.rowSlots[row]!);
    return this.store.layers.map((layer) => layer && gatherLayerRows(layer, slots, this.columns));
  }

  /** A slot for each of the rows: its own for the first of a kind, a copy for others. */
  private slotsFor(rows: readonly number[]): number[] {
    const taken = new Set(rows.map((row) => this.rowSlots[row]!));
    this.makeSlots(rows.length);
    const free = rangeOf(this.store.slots).filter((slot) => !taken.has(slot));
    const [from, to]: [number[], number[]] = [[], []];
    const slots = rows.map((row) => {
      const slot = this.rowSlots[row]!;
      if (taken.delete(slot)) return slot;
      from.push(slot);
      to.push(free.shift()!);
      return to.at(-1)!;
    });
    if (from.length > 0)
      for (const layer of this.store.layers) if (layer?.kind === "in-place") copySlots(layer, from, to, this.columns);
    return slots;
  }

  private makeSlots(count: number): void {
    const { store } = this;
    if (count <= store.slots) return;
    const slots = Math.max(count, Math.ceil(SLOT_GROWTH * store.slots));
    store.layers = store.layers.map((layer) =>
      layer?.kind === "in-place" ? withSlots(layer, slots, this.columns) : layer,
    );
    store.slots = slots;
  }

  private checkRows(rows: readonly number[]): void {
    const wrong = rows.find((row) => !Number.isInteger(row) || row < 0 || row >= this.rows);
    if (wrong === undefined) return;
    throw new UniArmError(
      "cache-row",
      `Row ${wrong} was requested from a cache with ${this.rows} rows; rows are numbered 0 to ${this.rows - 1}.`,
    );
  }

  private empty(columns: number): LayerCache {
    if (!this.isInPlace) return blockCache();
    return inPlaceCache(
      { ...this.shape, rows: this.store.slots },
      Math.max(columns, this.expectedColumns),
      this.shape.type,
    );
  }
}

const rangeOf = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
