import { rowBytes } from "./row-bytes.ts";
import type { Piece, Splitter } from "./splitter.ts";

const NEWLINE = 0x0a;

/** One JSON value a line. */
export function lineSplitter(path: string): Splitter {
  const kept = rowBytes(path);
  let line = 1;
  const piece = (text: string): Piece[] => {
    const at = line++;
    return text.trim() === "" ? [] : [{ text, line: at }];
  };
  return {
    split: (chunk) => {
      const pieces: Piece[] = [];
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        pieces.push(...piece(kept.take(chunk.subarray(start, end), line)));
        start = end + 1;
      }
      kept.add(chunk.subarray(start), line);
      return pieces;
    },
    finish: () => piece(kept.take(Buffer.alloc(0), line)),
  };
}
