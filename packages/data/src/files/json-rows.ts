import { UniArmError } from "@uniarm/core/schema";
import { ROW_LIMIT_BYTES } from "./limits.ts";

/** A JSON value as text and the line that it begins on. */
interface Piece {
  text: string;
  line: number;
}

/** Rows of a text of one JSON value a line, or of one JSON array: which of the two, its first character says. */
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
      if (first === undefined) continue; // lines of the leading white space are not counted: files begin at once
      ({ split, finish } = first === OPEN_ARRAY ? arrayEntries(path) : lines(path));
    }
    yield* split(chunk);
  }
  yield* finish();
}

const [SPACE, NEWLINE, QUOTE, BACKSLASH] = [0x20, 0x0a, 0x22, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT, COMMA] = [0x5b, 0x5d, 0x7b, 0x7d, 0x2c];

/** A byte-order mark is not part of the text. */
const withoutMark = (chunk: Buffer): Buffer =>
  chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? chunk.subarray(3) : chunk;

interface Splitter {
  split: (chunk: Buffer) => Piece[];
  finish: () => Piece[];
}

function lines(path: string): Splitter {
  const kept = keeper(path);
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

/** The entries of a JSON array, told by counting brackets outside of strings. */
function arrayEntries(path: string): Splitter {
  const kept = keeper(path);
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

/** Bytes of a row that chunks have cut. */
function keeper(path: string): {
  add: (bytes: Buffer, line: number) => void;
  take: (bytes: Buffer, line: number) => string;
  isEmpty: () => boolean;
} {
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
    parts.push(Buffer.from(bytes)); // a copy: the stream uses its chunk again
  };
  return {
    add,
    take: (bytes, line) => {
      if (parts.length === 0 && bytes.length <= ROW_LIMIT_BYTES) return bytes.toString("utf8");
      add(bytes, line);
      const text = Buffer.concat(parts).toString("utf8");
      [parts, size] = [[], 0];
      return text;
    },
    isEmpty: () => parts.every((part) => part.every((byte) => byte <= SPACE)),
  };
}
