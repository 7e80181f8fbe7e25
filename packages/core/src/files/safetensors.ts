import { open, readFile } from "node:fs/promises";
import { UniArmError } from "../schema/error.ts";
import { writeFileAtomically } from "./atomic.ts";
import { widenBfloat16, widenFloat16 } from "./half-precision.ts";
import { invalid, parseSafetensorsHeader, type Dtype, type TensorSpan } from "./safetensors-header.ts";

/** A header of tensor names is far smaller; a claim above this is a broken or hostile file. */
export const HEADER_LIMIT_BYTES = 100 * 1024 * 1024;
/** The file starts with the header's length, 64 bits little-endian. */
const LENGTH_BYTES = 8;

export interface SafetensorsEntry {
  /** of the tensor and of its file, for errors */
  name: string;
  path: string;
  dtype: string;
  shape: number[];
  /** a view into the file's bytes, little-endian */
  bytes: Uint8Array;
}

export interface Safetensors {
  metadata: Record<string, string>;
  /** in the order of the file */
  tensors: Map<string, SafetensorsEntry>;
}

/** What `writeSafetensors` takes: the shape and the elements in row-major order. */
export interface TensorData {
  shape: number[];
  data: Float32Array | Int32Array;
}

/**
 * Reads a safetensors file. Nothing in it is trusted: the whole header is checked before any tensor is handed out.
 * @throws UniArmError safetensors-missing, safetensors-truncated, safetensors-header
 */
export async function readSafetensors(path: string): Promise<Safetensors> {
  const file = await readFile(path).catch((cause: unknown) => {
    throw missing(path, cause);
  });
  return parseSafetensors(file, path);
}

/** Where a file's tensors lie: bytes [begin, end) of the file itself. */
export interface SafetensorsIndex {
  path: string;
  tensors: Map<string, TensorSpan>;
}

/**
 * Reads the header alone, for callers that take the tensors one at a time; checked as in `readSafetensors`.
 * @throws UniArmError safetensors-missing, safetensors-truncated, safetensors-header
 */
export async function indexSafetensors(path: string): Promise<SafetensorsIndex> {
  const file = await open(path).catch((cause: unknown) => {
    throw missing(path, cause);
  });
  try {
    const { size } = await file.stat();
    const read = async (start: number, length: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(Math.min(length, Math.max(0, size - start)));
      await file.read(bytes, 0, bytes.length, start);
      return bytes;
    };
    const length = checkedHeaderLength(await read(0, LENGTH_BYTES), size, path);
    const { spans, bodyBytes } = parseSafetensorsHeader(await read(LENGTH_BYTES, length), path);
    const bodyStart = LENGTH_BYTES + length;
    checkBody(size - bodyStart, bodyBytes, path);
    const tensors = new Map<string, TensorSpan>();
    for (const [name, span] of spans) {
      tensors.set(name, { ...span, begin: bodyStart + span.begin, end: bodyStart + span.end });
    }
    return { path, tensors };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EISDIR") throw missing(path, error);
    throw error;
  } finally {
    await file.close();
  }
}

/** The bytes of a safetensors file -> its tensors, views into `file`. `path` is for the errors. */
export function parseSafetensors(file: Uint8Array, path: string): Safetensors {
  const length = checkedHeaderLength(file.subarray(0, LENGTH_BYTES), file.byteLength, path);
  const bodyStart = LENGTH_BYTES + length;
  const { metadata, spans, bodyBytes } = parseSafetensorsHeader(file.subarray(LENGTH_BYTES, bodyStart), path);
  checkBody(file.byteLength - bodyStart, bodyBytes, path);

  const tensors = new Map<string, SafetensorsEntry>();
  for (const [name, { dtype, shape, begin, end }] of spans) {
    tensors.set(name, { name, path, dtype, shape, bytes: file.subarray(bodyStart + begin, bodyStart + end) });
  }
  return { metadata, tensors };
}

/** The header's length, of a file of `size` bytes that starts with `bytes`. */
function checkedHeaderLength(bytes: Uint8Array, size: number, path: string): number {
  if (size < LENGTH_BYTES)
    throw truncated(path, `it has ${size} bytes; expected at least the ${LENGTH_BYTES} of the header's length`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(HEADER_LIMIT_BYTES))
    throw invalid(path, `it claims a length of ${length} bytes; the limit is ${HEADER_LIMIT_BYTES} bytes`);
  if (LENGTH_BYTES + Number(length) > size)
    throw truncated(path, `its header is ${length} bytes long, but only ${size - LENGTH_BYTES} bytes of it are there`);
  return Number(length);
}

function checkBody(found: number, expected: number, path: string): void {
  if (found < expected)
    throw truncated(path, `its tensors take ${expected} bytes, but only ${found} bytes of them are there`);
  if (found > expected)
    throw invalid(
      path,
      `its tensors take ${expected} bytes, but ${found} bytes follow; expected nothing after the last tensor`,
    );
}

/**
 * A tensor's elements as float32; half precision is widened. Float32 is a view into the file where its bytes are aligned,
 * else a copy: do not write into it.
 * @throws UniArmError safetensors-dtype
 */
export function float32Of({
  dtype,
  bytes,
  name,
  path,
}: Pick<SafetensorsEntry, "dtype" | "bytes"> & { name?: string; path?: string }): Float32Array {
  if (dtype === "F32") return new Float32Array(...alignedBuffer(bytes, 4));
  if (dtype === "F16") return widenFloat16(new Uint16Array(...alignedBuffer(bytes, 2)));
  if (dtype === "BF16") return widenBfloat16(new Uint16Array(...alignedBuffer(bytes, 2)));
  throw new UniArmError(
    "safetensors-dtype",
    `${name === undefined ? "A tensor" : `Tensor ${name.slice(0, 200)} of ${path ?? "a file"}`} has dtype ${dtype}; expected F32, F16 or BF16. ` +
      "Save the weights as one of them, in Python: model.to(torch.bfloat16).save_pretrained(folder)",
  );
}

/**
 * Writes a safetensors file atomically. Names are sorted and the header is padded to 8 bytes: equal tensors, equal bytes.
 * @throws UniArmError safetensors-shape when a shape does not fit its data
 */
export async function writeSafetensors(
  path: string,
  tensors: Record<string, TensorData>,
  metadata?: Record<string, string>,
): Promise<void> {
  const names = Object.keys(tensors).sort();
  const fields: string[] = metadata ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const name of names) {
    const { shape, data } = tensors[name]!;
    checkElements(name, shape, data.length, path);
    const dtype: Dtype = data instanceof Float32Array ? "F32" : "I32";
    fields.push(
      `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [offset, offset + data.byteLength] })}`,
    );
    chunks.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  const json = Buffer.from(`{${fields.join(",")}}`, "utf8");
  const header = Buffer.alloc(LENGTH_BYTES + Math.ceil(json.byteLength / 8) * 8, " ");
  header.writeBigUInt64LE(BigInt(header.byteLength - LENGTH_BYTES));
  json.copy(header, LENGTH_BYTES);
  await writeFileAtomically(path, [header, ...chunks]);
}

function checkElements(name: string, shape: readonly number[], count: number, path: string): void {
  const expected = shape.reduce((product, axis) => product * axis, 1);
  if (expected === count) return;
  throw new UniArmError(
    "safetensors-shape",
    `Tensor ${name} for ${path} has ${count} elements but shape [${shape.join(", ")}]; expected ${expected} elements.`,
  );
}

function missing(path: string, cause: unknown): UniArmError {
  const isFolder = (cause as NodeJS.ErrnoException).code === "EISDIR";
  const what = isFolder
    ? `${path} is a folder; expected a safetensors file.`
    : `There is no safetensors file ${path}. Check the path.`;
  return new UniArmError("safetensors-missing", what, { cause });
}

function truncated(path: string, what: string): UniArmError {
  return new UniArmError("safetensors-truncated", `${path} is cut off: ${what}. Copy or download the file again.`);
}

/** Arguments for a typed array over `bytes`, which are copied when they do not start at a multiple of the element size. */
function alignedBuffer(bytes: Uint8Array, elementBytes: number): [ArrayBuffer, number, number] {
  const aligned = bytes.byteOffset % elementBytes === 0 ? bytes : new Uint8Array(bytes);
  return [aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / elementBytes];
}
