import { utf8Chunks } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import { arraySplitter } from "./array-splitter.ts";
import { CONTAINER_BYTES, refuseOthers } from "./containers.ts";
import { csvReader, csvDelimiter } from "./csv-rows.ts";
import { lineSplitter } from "./line-splitter.ts";
import type { Row } from "./row.ts";
import type { Splitter } from "./splitter.ts";

const SPACE = 0x20;
const [OPEN_ARRAY, OPEN_OBJECT] = [0x5b, 0x7b];

type TextRow = Pick<Row, "value" | "where" | "isUntyped">;
/** What comes of the chunks of a text. */
interface Reader {
  rows(chunk: Buffer): Iterable<TextRow>;
  finish(): Iterable<TextRow>;
}

/**
 * Rows of a text of one JSON value a line, of one JSON array, or of CSV; how it begins tells which. Core's `readJsonLines`
 * reads this project's own files into memory by a schema; these are other people's, perhaps compressed, with millions of
 * rows, which come one at a time and unchecked: their format is only known from the first of them.
 */
export async function* textRows(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<TextRow> {
  let reader: Reader | null = null;
  let start = Buffer.alloc(0); // until it says what the text is
  for await (const chunk of utf8Chunks(chunks, path)) {
    if (reader) {
      yield* reader.rows(chunk);
      continue;
    }
    start = Buffer.concat([start, chunk]);
    reader = readerOf(start, path, false);
    if (reader) yield* reader.rows(start);
    else if (isBlank(start)) start = Buffer.alloc(0); // not counted as lines: real files do not begin with them
  }
  if (!reader) {
    reader = readerOf(start, path, true);
    if (reader) yield* reader.rows(start);
  }
  if (reader) yield* reader.finish();
}

const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => byte <= SPACE);

/** Null while too little of the text is there. */
function readerOf(start: Buffer, path: string, isWhole: boolean): Reader | null {
  if (start.length < CONTAINER_BYTES && !isWhole && start.indexOf(0x0a) < 0) return null;
  refuseOthers(start.subarray(0, CONTAINER_BYTES), path);
  const first = start.find((byte) => byte > SPACE);
  if (first === undefined) return null;
  if (first === OPEN_ARRAY) return jsonReader(arraySplitter(path), path);
  if (first === OPEN_OBJECT) return jsonReader(lineSplitter(path), path);
  const delimiter = csvDelimiter(start, isWhole);
  if (delimiter === null) return null;
  return delimiter === undefined ? jsonReader(lineSplitter(path), path) : csvReader(delimiter, path);
}

function jsonReader({ split, finish }: Splitter, path: string): Reader {
  function* parsed(pieces: ReturnType<Splitter["split"]>): Generator<TextRow> {
    for (const { text, line } of pieces) {
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
  return { rows: (chunk) => parsed(split(chunk)), finish: () => parsed(finish()) };
}
