import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { nativeOps, type FloatType } from "../tensor/native.ts";
import {
  blockCache,
  disposeLayerCache,
  gatherLayerRows,
  inPlaceCache,
  withRoom,
  type LayerCache,
} from "./layer-cache.ts";

export type CacheShape = Pick<ModelConfig, "layers" | "keyValueHeads" | "headSize"> & {
  /** how the model's activations are stored */
  type: FloatType;
  /** whether the model needs composed attention */
  isComposed: boolean;
};

/** Keys and values of the tokens that a batch has seen. `padding[row]` columns at the left of a row are padding. */
export class KvCache {
  readonly padding: number[];
  private readonly shape: CacheShape;
  private readonly expectedColumns: number;
  private layers: (LayerCache | null)[];
  private columns = 0;

  /** @param expectedColumns room to start with; a cache grows where it must */
  constructor(shape: CacheShape, padding: readonly number[], expectedColumns = 0) {
    this.shape = shape;
    this.expectedColumns = expectedColumns;
    this.padding = [...padding];
    this.layers = new Array<null>(shape.layers).fill(null);
  }

  get rows(): number {
    return this.padding.length;
  }

  /** columns seen so far, padding included */
  get length(): number {
    return this.columns;
  }

  /** One layer's keys and values, with room for `count` more columns; they stay the cache's. */
  layer(index: number, count: number): LayerCache {
    const found = this.layers[index] ?? this.empty(count);
    const needed = this.columns + count;
    return (this.layers[index] = found.kind === "in-place" ? withRoom(found, this.columns, needed) : found);
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
    const wrong = rows.find((row) => !Number.isInteger(row) || row < 0 || row >= this.rows);
    if (wrong !== undefined) {
      throw new UniArmError(
        "cache-row",
        `Row ${wrong} was requested from a cache with ${this.rows} rows; rows are numbered 0 to ${this.rows - 1}.`,
      );
    }
    const padding = rows.map((row) => this.padding[row]!);
    const gathered = new KvCache(this.shape, padding, this.expectedColumns);
    gathered.columns = this.columns;
    gathered.layers = this.layers.map((layer) => layer && gatherLayerRows(layer, rows, this.columns));
    return gathered;
  }

  /** The cache is empty afterwards. */
  dispose(): void {
    for (const layer of this.layers) if (layer) disposeLayerCache(layer);
    this.layers = this.layers.map(() => null);
    this.columns = 0;
  }

  private empty(count: number): LayerCache {
    if (!nativeOps() || this.shape.isComposed) return blockCache();
    return inPlaceCache({ ...this.shape, rows: this.rows }, Math.max(count, this.expectedColumns), this.shape.type);
  }
}
