import { gatherRows } from "../tensor/gather.ts";
import { linear } from "../tensor/matrix.ts";
import { executeOne, nativeType, storedAs } from "../tensor/native.ts";
import { quantizedRows, type QuantizedMatrix } from "../tensor/quantized.ts";
import * as tf from "../tensor/tf.ts";
import type { AdapterRows, ModuleDelta } from "./adapter-rows.ts";

export type EmbeddingTable = tf.Tensor2D | QuantizedMatrix;

/** Rows of a table [N,d], by number -> [count,d], float32. */
export function rowsOf(table: EmbeddingTable, numbers: Int32Array): tf.Tensor2D {
  const indices = tf.tensor1d(numbers, "int32");
  if ("kind" in table) return quantizedRows(table, indices);
  if (nativeType(table) === "float32") return gatherRows(table, indices);
  const [Tparams, Tindices] = [{ type: "bfloat16" }, { type: "int32" }] as const;
  const attributes = { Tparams, Tindices, Taxis: Tindices, batch_dims: { int: 0 } };
  const rows = executeOne("GatherV2", attributes, [table, indices, tf.scalar(0, "int32")]);
  return storedAs(rows, "float32") as tf.Tensor2D;
}

/**
 * Rows of the embedding [N,d], of these ids, with what adapters add to it. Their deltas take an id for a row of ones and
 * zeros: [r,V] columns, or rows of a whole table [V,d].
 */
export function withEmbeddingDeltas(
  rows: tf.Tensor2D,
  ids: Int32Array,
  adapters: readonly AdapterRows[],
  tokens: number,
): tf.Tensor2D {
  return adapters.reduce((sum, { adapter, start, count }) => {
    const delta = count > 0 ? adapter.ends?.embedding : null;
    if (!delta) return sum;
    const [first, size] = [start * tokens, count * tokens];
    const added = embeddingDelta(delta, ids.slice(first, first + size), count);
    const own = delta.rescale && tf.mul(tf.slice(rows, [first, 0], [size, -1]), tf.sub(delta.rescale, 1));
    const change: tf.Tensor2D = own ? tf.add(added, own) : added;
    return tf.add<tf.Tensor2D>(
      sum,
      tf.pad(change, [
        [first, ids.length - first - size],
        [0, 0],
      ]),
    );
  }, rows);
}

/** -> [b*T,d] */
function embeddingDelta(delta: ModuleDelta, ids: Int32Array, count: number): tf.Tensor2D {
  const { down, up, modulation, modulateInner, modulateOutput } = delta;
  const picked = up ? tf.transpose(tf.gather(down, tf.tensor1d(ids, "int32"), 1)) : rowsOf(down, ids); // [b*T, r or d]
  const inner = modulateInner(tf.reshape<tf.Rank.R3>(picked, [count, ids.length / count, -1]), modulation);
  const added = up ? (linear(inner, up) as tf.Tensor3D) : inner; // [b,T,d]
  return tf.reshape(modulateOutput ? modulateOutput(added, modulation) : added, [ids.length, -1]);
}
