import { UniArmError } from "@uniarm/core/schema";
import { rowBytes } from "./row-bytes.ts";
import type { Piece, Splitter } from "./splitter.ts";

const [SPACE, NEWLINE, QUOTE, BACKSLASH] = [0x20, 0x0a, 0x22, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT, COMMA] = [0x5b, 0x5d, 0x7b, 0x7d, 0x2c];

/** The entries of a JSON array, found by counting brackets outside strings. */
export function arraySplitter(path: string): Splitter {
  const kept = rowBytes(path);
  let [depth, line, begin, inString, escaped, closed] = [0, 1, 1, false, false, false];
  const end = (bytes: Buffer): Piece[] => {
    const text = kept.take(bytes, begin);
    return text.trim() === "" ? [] : [{ text, line: begin }];
  };
  const wrong = (what: string): UniArmError =>
    new UniArmError("data-invalid", `${path}:${line} ${what}. A JSON file of rows is one array: [{...}, {...}].`);
  return {
    split: (chunk) => {
      const pieces: Piece[] = [];
      let start = 0;
      for (let at = 0; at < chunk.length; at++) {
        const byte = chunk[at]!;
        if (byte === NEWLINE) line++;
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else if (byte === QUOTE) inString = false;
          continue;
        }
        if (byte <= SPACE) continue;
        if (closed) throw wrong("goes on after the array's end");
        if (depth === 1 && byte !== COMMA && byte !== CLOSE_ARRAY && kept.isEmpty() && isBlank(chunk, start, at))
          begin = line;
        if (byte === QUOTE) inString = true;
        else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
          if (depth++ === 0) start = at + 1;
        } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
          if (--depth > 0) continue;
          pieces.push(...end(chunk.subarray(start, at)));
          start = at + 1;
          closed = true;
        } else if (byte === COMMA && depth === 1) {
          pieces.push(...end(chunk.subarray(start, at)));
          start = at + 1;
        }
      }
      if (!closed) kept.add(chunk.subarray(start), begin);
      return pieces;
    },
    finish: () => {
      if (!closed) throw wrong("ends before the array does");
      return [];
    },
  };

  function isBlank(chunk: Buffer, from: number, to: number): boolean {
    for (let at = from; at < to; at++) if (chunk[at]! > SPACE) return false;
    return true;
  }
}
