import { nativeOps } from "../tensor/native.ts";
import * as tf from "../tensor/tf.ts";
import { attentionMask } from "./attend.ts";
import { gapBefore, type Fork } from "./forks.ts";
import type { RotaryTable } from "./rotary.ts";

/** Which columns of a batch a pass computes: `tokens` new ones of each row, after `past` that a cache holds. */
export interface NewColumns {
  readonly rows: number;
  readonly tokens: number;
  readonly past: number;
  /** columns of padding at the left of each row */
  readonly padding: readonly number[];
  /** where each row lies in a cache */
  readonly slots: readonly number[];
  /** where each row has a second response to its prompt; such rows have no padding at the left, and no cache */
  readonly forks?: readonly Fork[] | undefined;
}

/** What layers that attend alike share: their window, and the table that they turn by. */
export interface LayerColumns {
  readonly window: number | null;
  readonly rotary: string;
}

/** The same with what attention over them needs; tables and what is made of them by the name of the table. */
export interface Columns extends NewColumns {
  /** what the engine's own attention takes: tables by position, [context, dh] each, padding and slots [B] int32, forks [B,2] int32 */
  readonly native: {
    tables: ReadonlyMap<string, RotaryTable>;
    padding: tf.Tensor1D;
    past: tf.Tensor1D;
    slots: tf.Tensor1D;
    forks: tf.Tensor2D;
  } | null;
  /** what composed attention takes: cos and sin of the columns, [B or 1,T,1,dh], and a mask or null for each window */
  readonly composed: {
    rotary: ReadonlyMap<string, RotaryColumns>;
    masks: ReadonlyMap<number | null, tf.Tensor4D | null>;
  } | null;
}

interface RotaryColumns {
  cos: tf.Tensor4D;
  sin: tf.Tensor4D;
}

/**
 * Prepares what all layers of a pass share, for the caller's tidy.
 * @param layers how the layers of the model attend @param isComposed whether the model needs composed attention
 */
export function columnsOf(
  tables: ReadonlyMap<string, RotaryTable>,
  added: NewColumns,
  layers: readonly LayerColumns[],
  isComposed = false,
): Columns {
  const { tokens, past, padding, slots, forks } = added;
  if (nativeOps() && !isComposed) {
    const native = {
      tables,
      padding: tf.tensor1d(Int32Array.from(padding), "int32"),
      past: tf.tensor1d(Int32Array.of(past), "int32"),
      slots: tf.tensor1d(Int32Array.from(slots), "int32"),
      forks: tf.tensor2d(
        Int32Array.from(padding.flatMap((_, row) => [forks?.[row]?.start ?? 0, forks?.[row]?.second ?? tokens])),
        [padding.length, 2],
        "int32",
      ),
    };
    return { ...added, native, composed: null };
  }
  const windows = new Set(layers.map(({ window }) => window));
  const keys = new Set(layers.map(({ rotary }) => rotary));
  const masks = new Map(
    [...windows].map((window) => [window, attentionMask(tokens, past + tokens, padding, window, forks)]),
  );
  const rotary = new Map([...keys].map((key) => [key, rotaryAt(tables.get(key)!, added)]));
  return { ...added, native: null, composed: { rotary, masks } };
}

/** cos and sin of the new columns' positions: [1,T,1,dh] when all rows agree, else [B,T,1,dh]. */
function rotaryAt(rotary: RotaryTable, { tokens, past, padding, forks }: NewColumns): RotaryColumns {
  const rows = !forks && padding.every((count) => count === padding[0]) ? padding.slice(0, 1) : padding;
  const indices = tf.tensor1d(positionsOf({ past, tokens, padding: rows, forks }), "int32");
  const at = (table: tf.Tensor2D): tf.Tensor4D =>
    tf.reshape(tf.gather(table, indices), [rows.length, tokens, 1, table.shape[1]]);
  return { cos: at(rotary.cos), sin: at(rotary.sin) };
}

/** The position of each new token, row by row: real tokens of its text count, columns of padding are at 0. */
export function positionsOf({ past, tokens, padding, forks }: Omit<NewColumns, "rows" | "slots">): Int32Array {
  const positionOf = (row: number, column: number): number => {
    const fork = forks?.[row];
    if (!fork) return Math.max(0, column - padding[row]!);
    return column < fork.end ? column - gapBefore(fork, column) : 0;
  };
  return Int32Array.from(
    padding.flatMap((_, row) => Array.from({ length: tokens }, (_unused, token) => positionOf(row, past + token))),
  );
}
