import { readSync } from "node:fs";
import { UniArmError } from "../../schema/error.ts";
import { GGUF_LIMITS } from "./limits.ts";

/** Reads a file from its start on, without holding more of it than one value needs. */
export interface HeaderReader {
  /** bytes read so far */
  position(): number;
  uint8(): number;
  int8(): number;
  uint16(): number;
  int16(): number;
  uint32(): number;
  int32(): number;
  float32(): number;
  float64(): number;
  /** a bigint where it is too large to be a number */
  uint64(): number | bigint;
  int64(): number | bigint;
  /** a 64-bit number of things */
  count(what: string, most: number): number;
  text(what: string, mostBytes: number): string;
  /** @throws UniArmError gguf-truncated when fewer bytes are left: nothing is allocated for what cannot be there */
  expect(bytes: number, what: string): void;
}

/** read at a time */
const STEP_BYTES = 1024 * 1024;

/** @param file descriptor of the open file @param size of the file */
export function headerReader(file: number, size: number, path: string): HeaderReader {
  let buffer = Buffer.alloc(0);
  let at = 0; // in the buffer
  let start = 0; // of the buffer in the file

  const expect = (bytes: number, what: string): void => {
    const position = start + at;
    if (position + bytes > size)
      throw truncated(path, `${what} takes ${bytes} bytes, but only ${size - position} are left`);
    if (position + bytes > GGUF_LIMITS.headerBytes)
      throw invalidGguf(path, `it is longer than ${GGUF_LIMITS.headerBytes} bytes, which is the limit`);
  };
  const take = (bytes: number, what: string): number => {
    expect(bytes, what);
    if (at + bytes > buffer.length) {
      start += at;
      const wanted = Math.min(Math.max(bytes, STEP_BYTES), size - start);
      buffer = Buffer.alloc(wanted);
      let read = 0;
      while (read < wanted) {
        const more = readSync(file, buffer, read, wanted - read, start + read);
        if (more === 0) throw truncated(path, `it became shorter while it was read`);
        read += more;
      }
      at = 0;
    }
    at += bytes;
    return at - bytes;
  };
  // `take` may replace the buffer, so it comes before the buffer is looked at
  const number = <T>(bytes: number, read: (place: number) => T): T => read(take(bytes, "a number"));
  const uint64 = (): number | bigint => number(8, (place) => narrowed(buffer.readBigUInt64LE(place)));
  const count = (what: string, most: number): number => {
    const value = uint64();
    if (value > most) throw invalidGguf(path, `it claims ${value} ${what}; the limit is ${most}`);
    return Number(value);
  };
  return {
    position: () => start + at,
    expect,
    uint8: () => number(1, (place) => buffer.readUInt8(place)),
    int8: () => number(1, (place) => buffer.readInt8(place)),
    uint16: () => number(2, (place) => buffer.readUInt16LE(place)),
    int16: () => number(2, (place) => buffer.readInt16LE(place)),
    uint32: () => number(4, (place) => buffer.readUInt32LE(place)),
    int32: () => number(4, (place) => buffer.readInt32LE(place)),
    float32: () => number(4, (place) => buffer.readFloatLE(place)),
    float64: () => number(8, (place) => buffer.readDoubleLE(place)),
    uint64,
    int64: () => number(8, (place) => narrowed(buffer.readBigInt64LE(place))),
    count,
    text: (what, mostBytes) => {
      const length = count(`bytes for ${what}`, mostBytes);
      const place = take(length, what);
      try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
          buffer.subarray(place, place + length),
        );
      } catch (cause) {
        throw invalidGguf(path, `${what} is not UTF-8 text`, cause);
      }
    },
  };
}

const narrowed = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;

/** An error about `path`'s header; `what` completes the sentence "... has an invalid GGUF header:". */
export function invalidGguf(path: string, what: string, cause?: unknown): UniArmError {
  return new UniArmError(
    "gguf-header",
    `${path} has an invalid GGUF header: ${what}. Make or download the file again.`,
    { cause },
  );
}

export function truncated(path: string, what: string): UniArmError {
  return new UniArmError("gguf-truncated", `${path} is cut off: ${what}. Copy or download the file again.`);
}
