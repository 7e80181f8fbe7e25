import * as tf from "../tensor/tf.ts";

/** A linear module by its place in the model: "layers.0.self_attn.q_proj", "layers.1.mlp.down_proj". */
export type ModuleName = string;

/** Changes what linear modules give, with a preference per row already bound. */
export interface RowAdapter {
  /** x [b,T,in] and the frozen module's output [b,T,out] -> [b,T,out]; `out` itself where the module is not adapted. */
  adapt(module: ModuleName, x: tf.Tensor3D, out: tf.Tensor3D): tf.Tensor3D;
}

/** The rows start ... start+count-1 of a batch see `adapter`; rows that no entry covers see the frozen model. */
export interface AdapterRows {
  adapter: RowAdapter;
  start: number;
  count: number;
}

/** Applies every entry to its rows of x [B,T,in] and out [B,T,out]. Entries are in row order and do not overlap. */
export function adaptRows(
  entries: readonly AdapterRows[],
  module: ModuleName,
  x: tf.Tensor3D,
  out: tf.Tensor3D,
): tf.Tensor3D {
  const rows = x.shape[0];
  const [only] = entries;
  if (!only) return out;
  if (entries.length === 1 && only.start === 0 && only.count === rows) return only.adapter.adapt(module, x, out);
  const part = (tensor: tf.Tensor3D, start: number, count: number): tf.Tensor3D =>
    tf.slice(tensor, [start, 0, 0], [count, -1, -1]);
  const parts: tf.Tensor3D[] = [];
  let next = 0;
  for (const { adapter, start, count } of entries) {
    if (count === 0) continue;
    if (start > next) parts.push(part(out, next, start - next));
    parts.push(adapter.adapt(module, part(x, start, count), part(out, start, count)));
    next = start + count;
  }
  if (next < rows) parts.push(part(out, next, rows - next));
  return parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
}
