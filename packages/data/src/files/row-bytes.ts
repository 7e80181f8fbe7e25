import { isUtf8 } from "node:buffer";
import { notText, UniArmError } from "@uniarm/core/schema";
import { ROW_LIMIT_BYTES } from "./limits.ts";

/** Collects the bytes of a row that is cut by the ends of chunks. */
export interface RowBytes {
  add: (bytes: Buffer, line: number) => void;
  /** The row that ends with these bytes. */
  take: (bytes: Buffer, line: number) => string;
  isEmpty: () => boolean;
}

/** @throws UniArmError data-row-too-long from `add` and `take`; text-encoding from `take` */
export function rowBytes(path: string): RowBytes {
  let parts: Buffer[] = [];
  let size = 0;
  const add = (bytes: Buffer, line: number): void => {
    if (bytes.length === 0) return;
    size += bytes.length;
    if (size > ROW_LIMIT_BYTES) {
      throw new UniArmError(
        "data-row-too-long",
        `${path}:${line} begins a row of more than ${ROW_LIMIT_BYTES} bytes. Give one JSON value a line, or an array of values.`,
      );
    }
    parts.push(Buffer.from(bytes)); // a copy: the stream reuses its chunk
  };
  const textOf = (bytes: Buffer, line: number): string => {
    if (isUtf8(bytes)) return bytes.toString("utf8");
    throw notText(`${path}:${line}`, "utf-8");
  };
  return {
    add,
    take: (bytes, line) => {
      if (parts.length === 0 && bytes.length <= ROW_LIMIT_BYTES) return textOf(bytes, line);
      add(bytes, line);
      const whole = Buffer.concat(parts);
      [parts, size] = [[], 0];
      return textOf(whole, line);
    },
    isEmpty: () => parts.every((part) => part.every((byte) => byte <= 0x20)),
  };
}
