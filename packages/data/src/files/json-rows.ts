import { UniArmError } from "@uniarm/core/schema";
import { arraySplitter } from "./array-splitter.ts";
import { lineSplitter } from "./line-splitter.ts";
import type { Piece } from "./splitter.ts";

const SPACE = 0x20;
const OPEN_ARRAY = 0x5b;

/**
 * Rows of a text of one JSON value a line, or of one JSON array; its first character tells which. Core's `readJsonLines`
 * reads this project's own files into memory by a schema; these are other people's, perhaps compressed, with millions of
 * rows, which come one at a time and unchecked: their format is only known from the first of them.
 */
export async function* jsonRows(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
): AsyncGenerator<{ value: unknown; where: string }> {
  for await (const { text, line } of piecesOf(chunks, path)) {
    const where = `${path}:${line}`;
    try {
      yield { value: JSON.parse(text) as unknown, where };
    } catch (cause) {
      throw new UniArmError(
        "data-invalid",
        `${where} is not JSON: ${(cause as Error).message}. Each line, or each entry of one array, must be a JSON value.`,
        { cause },
      );
    }
  }
}

async function* piecesOf(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Piece> {
  let split: ((chunk: Buffer) => Piece[]) | null = null;
  let finish: () => Piece[] = () => [];
  for await (const bytes of chunks) {
    let chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!split) {
      chunk = withoutMark(chunk);
      const first = chunk.find((byte) => byte > SPACE);
      if (first === undefined) continue; // blank lines before the first value are not counted: real files have none
      ({ split, finish } = first === OPEN_ARRAY ? arraySplitter(path) : lineSplitter(path));
    }
    yield* split(chunk);
  }
  yield* finish();
}

/** A byte-order mark is not part of the text. */
const withoutMark = (chunk: Buffer): Buffer =>
  chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? chunk.subarray(3) : chunk;
