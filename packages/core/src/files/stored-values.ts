import { closeSync, openSync, readSync } from "node:fs";
import { UniArmError } from "../schema/error.ts";
import { isGgufPath } from "./gguf/is-gguf.ts";
import { BLOCK_TYPE_NAMES, blockTypeOf } from "./gguf/types.ts";
import { narrowBfloat16 } from "./half-precision.ts";
import { float32Of } from "./safetensors.ts";
import type { StoredTensor } from "./stored-tensor.ts";

/**
 * A tensor's bytes as its file stores the numbers: blocks stay blocks. Rows are in the order of its shape, but one that lies
 * the other way round stays so.
 * @throws UniArmError safetensors-truncated when the file became shorter
 */
export function storedBytes(tensor: StoredTensor): Uint8Array {
  const { path, begin, end, layout, shape } = tensor;
  const bytes = readBytes(path, begin, end);
  return layout?.kind === "paired" ? unpaired(bytes, shape[0]!, layout.heads) : bytes;
}

/** A tensor's numbers as float32. @throws UniArmError safetensors-truncated, safetensors-dtype */
export function storedValues(tensor: StoredTensor): Float32Array {
  const values = decoded(tensor, storedBytes(tensor));
  return tensor.layout?.kind === "turned" ? turned(values, tensor.shape) : values;
}

/** The numbers of blocks as bfloat16 bits, without all of them in float32 at once; null for other tensors. */
export function storedBfloat16(tensor: StoredTensor): Uint16Array | null {
  const type = blockTypeOf(tensor.dtype);
  if (!type || tensor.layout?.kind === "turned") return null;
  const bytes = storedBytes(tensor);
  const step = STEP_VALUES / type.values; // blocks
  const blocks = bytes.length / type.bytes;
  const bits = new Uint16Array(blocks * type.values);
  for (let block = 0; block < blocks; block += step) {
    const part = bytes.subarray(block * type.bytes, Math.min(blocks, block + step) * type.bytes);
    bits.set(narrowBfloat16(decoded(tensor, part)), block * type.values);
  }
  return bits;
}

const FLOATS = ["F32", "F16", "BF16"];
/** decoded at a time */
const STEP_VALUES = 256 * 1024;

function decoded(tensor: StoredTensor, bytes: Uint8Array): Float32Array {
  const { name, path, dtype } = tensor;
  const type = blockTypeOf(dtype);
  if (!type && (FLOATS.includes(dtype) || !isGgufPath(path))) return float32Of({ name, path, dtype, bytes });
  if (!type) {
    throw new UniArmError(
      "gguf-type-unsupported",
      `Tensor ${name.slice(0, 200)} of ${path} is stored as ${dtype}; read are F32, F16, BF16, ${BLOCK_TYPE_NAMES.join(", ")}. Take a file of the same model in one of them.`,
    );
  }
  const values = new Float32Array((bytes.length / type.bytes) * type.values);
  for (let at = 0, to = 0; at < bytes.length; at += type.bytes, to += type.values) type.decode(bytes, at, values, to);
  return values;
}

function readBytes(path: string, begin: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - begin);
  const file = openSync(path, "r");
  try {
    const read = readSync(file, bytes, 0, bytes.length, begin);
    if (read === bytes.length) return bytes;
    const what = `${path} is cut off: a tensor of ${bytes.length} bytes has only ${read} left. Copy or download the file again.`;
    throw new UniArmError("safetensors-truncated", what);
  } finally {
    closeSync(file);
  }
}

/** Rows whose halves of a head are neighbours -> the first half of every head, then the second. */
function unpaired(bytes: Uint8Array, rows: number, heads: number): Uint8Array {
  const width = bytes.length / rows;
  const headRows = rows / heads;
  const ordered = new Uint8Array(bytes.length);
  for (let row = 0; row < rows; row++) {
    const [head, inHead] = [Math.floor(row / headRows), row % headRows];
    const [half, place] = [Math.floor((2 * inHead) / headRows), inHead % (headRows / 2)];
    const from = (head * headRows + 2 * place + half) * width;
    ordered.set(bytes.subarray(from, from + width), row * width);
  }
  return ordered;
}

/** Values that lie as [columns, rows] -> [rows, columns]. */
function turned(values: Float32Array, [rows, columns]: readonly number[]): Float32Array {
  const ordered = new Float32Array(values.length);
  for (let row = 0; row < rows!; row++)
    for (let column = 0; column < columns!; column++) ordered[row * columns! + column] = values[column * rows! + row]!;
  return ordered;
}
