import { open } from "node:fs/promises";
import { narrowBfloat16, narrowFloat16 } from "./half-precision.ts";

/** How weights are stored. */
export type StoredDtype = "F32" | "F16" | "BF16";

/** A tensor still to be written: its name, shape and dtype are known before its values. */
export interface PlannedTensor {
  name: string;
  shape: readonly number[];
  dtype: StoredDtype;
}

const BYTES = { F32: 4, F16: 2, BF16: 2 } as const;
const LENGTH_BYTES = 8;

export const plannedBytes = ({ shape, dtype }: PlannedTensor): number =>
  shape.reduce((product, axis) => product * axis, BYTES[dtype]);

/** Writes a safetensors file one tensor at a time, in the order of the plan; only one is in memory. */
export async function openSafetensorsWriter(
  path: string,
  plan: readonly PlannedTensor[],
): Promise<{ write: (values: Float32Array) => Promise<void>; close: () => Promise<void> }> {
  let offset = 0;
  const fields = plan.map((tensor) => {
    const begin = offset;
    offset += plannedBytes(tensor);
    const { name, shape, dtype } = tensor;
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, offset] })}`;
  });
  const json = Buffer.from(`{"__metadata__":{"format":"pt"},${fields.join(",")}}`);
  const header = Buffer.alloc(LENGTH_BYTES + Math.ceil(json.byteLength / 8) * 8, " ");
  header.writeBigUInt64LE(BigInt(header.byteLength - LENGTH_BYTES));
  json.copy(header, LENGTH_BYTES);
  const file = await open(path, "w");
  await file.writeFile(header);
  let next = 0;
  return {
    write: async (values) => {
      const tensor = plan[next++];
      if (!tensor || values.length * BYTES[tensor.dtype] !== plannedBytes(tensor))
        throw new Error(`${path}: ${values.length} values do not belong to tensor ${tensor?.name}`);
      await file.writeFile(stored(values, tensor.dtype)); // continues where the last one ended
    },
    close: async () => {
      await file.sync();
      await file.close();
    },
  };
}

function stored(values: Float32Array, dtype: StoredDtype): Uint8Array {
  const numbers = dtype === "F32" ? values : dtype === "BF16" ? narrowBfloat16(values) : narrowFloat16(values);
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
