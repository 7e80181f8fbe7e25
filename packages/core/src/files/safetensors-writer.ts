import { open } from "node:fs/promises";
import { blockTypeOf } from "./gguf/types.ts";
import { narrowBfloat16, narrowFloat16 } from "./half-precision.ts";

/** How weights are stored; blocks lie along rows, as in GGUF files. */
export type StoredDtype = "F32" | "F16" | "BF16" | "Q8_0" | "Q4_0" | "Q4_1" | "Q4_K";

/** A tensor still to be written: its name, shape and dtype are known before its values. */
export interface PlannedTensor {
  name: string;
  shape: readonly number[];
  dtype: StoredDtype;
}

const BYTES: Partial<Record<StoredDtype, number>> = { F32: 4, F16: 2, BF16: 2 };
const LENGTH_BYTES = 8;

export function plannedBytes({ shape, dtype }: PlannedTensor): number {
  const block = blockTypeOf(dtype);
  return shape.reduce((product, axis) => product * axis, block ? block.bytes / block.values : BYTES[dtype]!);
}

/** Writes a safetensors file one tensor at a time, in the order of the plan; only one is in memory. Blocks come as their bytes. */
export async function openSafetensorsWriter(
  path: string,
  plan: readonly PlannedTensor[],
): Promise<{ write: (values: Float32Array | Uint8Array) => Promise<void>; close: () => Promise<void> }> {
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
      if (!tensor) throw new Error(`${path}: ${values.length} values belong to no tensor`);
      const bytes = stored(values, tensor.dtype);
      if (bytes.length !== plannedBytes(tensor))
        throw new Error(`${path}: ${values.length} values do not belong to tensor ${tensor.name}`);
      await file.writeFile(bytes); // continues where the last one ended
    },
    close: async () => {
      await file.sync();
      await file.close();
    },
  };
}

function stored(values: Float32Array | Uint8Array, dtype: StoredDtype): Uint8Array {
  if (values instanceof Uint8Array) return values;
  const numbers = dtype === "F32" ? values : dtype === "BF16" ? narrowBfloat16(values) : narrowFloat16(values);
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
