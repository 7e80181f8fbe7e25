import { gatherRows } from "../tensor/gather.ts";
import { executeOne, nativeType, storedAs } from "../tensor/native.ts";
import * as tf from "../tensor/tf.ts";

/** Rows of a table [N,d], by number -> [count,d], float32. */
export function rowsOf(table: tf.Tensor2D, numbers: Int32Array): tf.Tensor2D {
  const indices = tf.tensor1d(numbers, "int32");
  if (nativeType(table) === "float32") return gatherRows(table, indices);
  const [Tparams, Tindices] = [{ type: "bfloat16" }, { type: "int32" }] as const;
  const attributes = { Tparams, Tindices, Taxis: Tindices, batch_dims: { int: 0 } };
  const rows = executeOne("GatherV2", attributes, [table, indices, tf.scalar(0, "int32")]);
  return storedAs(rows, "float32") as tf.Tensor2D;
}
