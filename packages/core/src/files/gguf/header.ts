import { closeSync, fstatSync, openSync } from "node:fs";
import { UniArmError } from "../../schema/error.ts";
import type { TensorSpan } from "../safetensors-header.ts";
import { headerReader, invalidGguf, truncated, type HeaderReader } from "./header-reader.ts";
import { GGUF_LIMITS } from "./limits.ts";
import { GGML_TYPES } from "./types.ts";

export type GgufScalar = number | bigint | boolean | string;
export type GgufValue = GgufScalar | GgufScalar[];

/** What stands before the tensors of a GGUF file, and where they lie in it. */
export interface GgufHeader {
  path: string;
  values: ReadonlyMap<string, GgufValue>;
  /** by the file's names, in the order of their bytes; shapes are [rows, columns], as in other files */
  tensors: ReadonlyMap<string, TensorSpan>;
}

const MAGIC = 0x46554747; // "GGUF"
const VERSIONS = [2, 3];
const DEFAULT_ALIGNMENT = 32;

/**
 * Reads the header of a GGUF file of version 2 or 3. Nothing in it is trusted: afterwards every tensor lies inside the file
 * and none in another.
 * @throws UniArmError gguf-missing, gguf-unsupported, gguf-truncated, gguf-header
 */
export function readGgufHeader(path: string): GgufHeader {
  const file = opened(path);
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) throw new UniArmError("gguf-missing", `${path} is a folder; expected a GGUF file.`);
    const reader = headerReader(file, stat.size, path);
    checkStart(reader, path);
    const tensorCount = reader.count("tensors", GGUF_LIMITS.tensors);
    const values = readValues(reader, reader.count("keys", GGUF_LIMITS.keys), path);
    const alignment = alignmentOf(values, path);
    const infos = readTensorInfos(reader, tensorCount, path);
    const body = Math.ceil(reader.position() / alignment) * alignment;
    return { path, values, tensors: placed(infos, { body, alignment, size: stat.size }, path) };
  } finally {
    closeSync(file);
  }
}

function opened(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw new UniArmError("gguf-missing", `There is no GGUF file ${path} that can be read. Check the path.`, { cause });
  }
}

function checkStart(reader: HeaderReader, path: string): void {
  reader.expect(8, "its beginning");
  const magic = reader.uint32();
  if (magic !== MAGIC)
    throw new UniArmError("gguf-header", `${path} is not a GGUF file: it does not begin with the letters GGUF.`);
  const version = reader.uint32();
  if (VERSIONS.includes(version)) return;
  const isTurned = version % 2 ** 16 === 0 && version > 0;
  const what = isTurned ? "its numbers are big-endian; little-endian ones are read" : `it has version ${version}`;
  throw new UniArmError(
    "gguf-unsupported",
    `${path} cannot be read: ${what}. Convert it to version ${VERSIONS.join(" or ")} with a current llama.cpp.`,
  );
}

/** By the number of a value's type: its bytes, and how it is read. 8 is text, 9 a list. */
const SCALARS: Readonly<Record<number, readonly [bytes: number, read: (reader: HeaderReader) => GgufScalar]>> = {
  0: [1, (reader) => reader.uint8()],
  1: [1, (reader) => reader.int8()],
  2: [2, (reader) => reader.uint16()],
  3: [2, (reader) => reader.int16()],
  4: [4, (reader) => reader.uint32()],
  5: [4, (reader) => reader.int32()],
  6: [4, (reader) => reader.float32()],
  7: [1, (reader) => reader.uint8() !== 0],
  8: [8, (reader) => reader.text("a text", GGUF_LIMITS.textBytes)],
  10: [8, (reader) => reader.uint64()],
  11: [8, (reader) => reader.int64()],
  12: [8, (reader) => reader.float64()],
};
const LIST = 9;

function readValues(reader: HeaderReader, count: number, path: string): Map<string, GgufValue> {
  const values = new Map<string, GgufValue>();
  for (let index = 0; index < count; index++) {
    const key = reader.text("the name of a key", GGUF_LIMITS.keyBytes);
    if (values.has(key)) throw invalidGguf(path, `the key ${show(key)} appears twice in it`);
    values.set(key, readValue(reader, key, path));
  }
  return values;
}

function readValue(reader: HeaderReader, key: string, path: string): GgufValue {
  const scalar = (type: number): (typeof SCALARS)[number] => {
    const found = SCALARS[type];
    if (found) return found;
    throw invalidGguf(path, `the key ${show(key)} has a value of type ${type}, which is none that can stand there`);
  };
  const type = reader.uint32();
  if (type !== LIST) return scalar(type)[1](reader);
  const [bytes, read] = scalar(reader.uint32());
  const count = reader.count(`elements for ${show(key)}`, GGUF_LIMITS.elements);
  reader.expect(count * bytes, `the list ${show(key)}`);
  const list: GgufScalar[] = [];
  for (let index = 0; index < count; index++) list.push(read(reader));
  return list;
}

function alignmentOf(values: ReadonlyMap<string, GgufValue>, path: string): number {
  const given = values.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  const isPower = typeof given === "number" && Number.isInteger(Math.log2(given));
  if (isPower && given >= 1 && given <= GGUF_LIMITS.alignment) return given;
  throw invalidGguf(
    path,
    `general.alignment is ${show(given)}; expected a power of two, at most ${GGUF_LIMITS.alignment}`,
  );
}

interface TensorInfo {
  name: string;
  dtype: string;
  shape: number[];
  /** after the header */
  offset: number;
  /** null where the type is not known */
  bytes: number | null;
}

function readTensorInfos(reader: HeaderReader, count: number, path: string): TensorInfo[] {
  const names = new Set<string>();
  return Array.from({ length: count }, () => {
    const info = readTensorInfo(reader, path);
    if (names.has(info.name)) throw invalidGguf(path, `tensor ${show(info.name)} appears twice in it`);
    names.add(info.name);
    return info;
  });
}

function readTensorInfo(reader: HeaderReader, path: string): TensorInfo {
  const name = reader.text("the name of a tensor", GGUF_LIMITS.tensorNameBytes);
  const wrong = (what: string): UniArmError => invalidGguf(path, `tensor ${show(name)} ${what}`);
  const axes = reader.uint32();
  if (axes > GGUF_LIMITS.axes) throw wrong(`has ${axes} axes; the limit is ${GGUF_LIMITS.axes}`);
  const sizes = Array.from({ length: axes }, () => reader.count(`entries for an axis of ${show(name)}`, 2 ** 40));
  const number = reader.uint32();
  const offset = reader.count(`bytes before ${show(name)}`, Number.MAX_SAFE_INTEGER);
  const values = sizes.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(values)) throw wrong(`has shape [${sizes.join(", ")}], more numbers than any file holds`);
  const shape = sizes.toReversed(); // the file has the innermost axis first
  const type = GGML_TYPES[number];
  if (!type) return { name, dtype: `type ${number}`, shape, offset, bytes: null };
  if ((sizes[0] ?? 1) % type.values !== 0)
    throw wrong(`has rows of ${sizes[0]} numbers; ${type.name} stores them in blocks of ${type.values}`);
  return { name, dtype: type.name, shape, offset, bytes: (values / type.values) * type.bytes };
}

/** Tensors in the order of their bytes: none outside of the file or inside another one. */
function placed(
  infos: readonly TensorInfo[],
  { body, alignment, size }: { body: number; alignment: number; size: number },
  path: string,
): Map<string, TensorSpan> {
  const ordered = infos.toSorted((one, other) => one.offset - other.offset || (one.bytes ?? 0) - (other.bytes ?? 0));
  const spans = new Map<string, TensorSpan>();
  let [free, previous] = [body, ""];
  ordered.forEach(({ name, dtype, shape, offset, bytes }, index) => {
    if (offset % alignment !== 0)
      throw invalidGguf(path, `tensor ${show(name)} begins at byte ${offset}; expected a multiple of ${alignment}`);
    const begin = body + offset;
    const next = ordered[index + 1];
    const end = begin + (bytes ?? (next ? next.offset : Math.max(offset, size - body)) - offset);
    if (end > size) throw truncated(path, `tensor ${show(name)} ends at byte ${end}, but the file has only ${size}`);
    if (begin < free)
      throw invalidGguf(
        path,
        `tensor ${show(name)} begins at byte ${begin}, inside ${show(previous)}, which ends at byte ${free}`,
      );
    spans.set(name, { name, dtype, shape, begin, end });
    if (end > begin) [free, previous] = [end, name];
  });
  return spans;
}

const show = (value: GgufValue): string => {
  const text = JSON.stringify(typeof value === "bigint" ? `${value}` : value);
  return text.length <= 80 ? text : `${text.slice(0, 80)}...`;
};
