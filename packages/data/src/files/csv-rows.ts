import { UniArmError } from "@uniarm/core/schema";
import { rowBytes } from "./row-bytes.ts";
import type { Row } from "./row.ts";

const [NEWLINE, RETURN, QUOTE, SPACE] = [0x0a, 0x0d, 0x22, 0x20];
const DELIMITERS = [0x2c, 0x09, 0x3b]; // , tab ;
/** A header is shorter; a longer first line is none. */
const HEADER_LIMIT_BYTES = 64 * 1024;

/** Tables have fewer columns; more are a damaged file. */
const FIELDS_LIMIT = 10_000;

/** What stands between the names of a header; null while its line has not ended, undefined for a line that is no header. */
export function csvDelimiter(start: Buffer, isWhole: boolean): number | null | undefined {
  const counts = new Map(DELIMITERS.map((byte) => [byte, 0]));
  let inQuotes = false;
  for (let at = start.findIndex((byte) => byte > SPACE); at < Math.min(start.length, HEADER_LIMIT_BYTES); at++) {
    const byte = start[at]!;
    if (byte === QUOTE) inQuotes = !inQuotes;
    else if (!inQuotes && byte === NEWLINE) return mostOf(counts);
    else if (!inQuotes && counts.has(byte)) counts.set(byte, counts.get(byte)! + 1);
  }
  if (start.length >= HEADER_LIMIT_BYTES) return undefined;
  return isWhole ? mostOf(counts) : null;
}

function mostOf(counts: ReadonlyMap<number, number>): number | undefined {
  const [[byte, count] = [0, 0]] = [...counts].sort(([, one], [, other]) => other - one);
  return count > 0 ? byte : undefined;
}

/** A row of fields, with the line that it begins on. */
interface Fields {
  fields: string[];
  line: number;
}

type CsvRow = Pick<Row, "value" | "where" | "isUntyped">;

/** Rows of CSV with a header (RFC 4180): every value is a text. */
export function csvReader(
  delimiter: number,
  path: string,
): { rows(chunk: Buffer): Generator<CsvRow>; finish(): Generator<CsvRow> } {
  const splitter = fieldSplitter(delimiter, path);
  let header: string[] | null = null;
  function* valued(rows: Iterable<Fields>): Generator<CsvRow> {
    for (const { fields, line } of rows) {
      const where = `${path}:${line}`;
      if (!header) header = checkedHeader(fields, where);
      else yield { value: valueOf(header, fields, where), where, isUntyped: true };
    }
  }
  return { rows: (chunk) => valued(splitter.split(chunk)), finish: () => valued(splitter.finish()) };
}

function checkedHeader(names: string[], where: string): string[] {
  const twice = names.find((name, at) => name !== "" && names.indexOf(name) < at);
  if (twice === undefined) return names;
  throw new UniArmError(
    "data-invalid",
    `${where} names the column ${JSON.stringify(twice)} twice. Give each column of the CSV file a name of its own.`,
  );
}

function valueOf(header: readonly string[], fields: readonly string[], where: string): Record<string, unknown> {
  if (fields.length !== header.length)
    throw new UniArmError(
      "data-invalid",
      `${where} has ${fields.length} fields and the header ${header.length}. In CSV, a text with line ends, quotes or commas stands in quotes, and its quotes are doubled.`,
    );
  const entries = header.map((name, at) => [name, cellOf(fields[at]!, where)] as const);
  return Object.fromEntries(entries.filter(([name]) => name !== "")); // pandas writes its index without a name
}

/** Messages are written into a cell as JSON; as Python prints them they cannot be told from text that looks like it. */
function cellOf(text: string, where: string): unknown {
  if (!/^\s*\[\s*\{/.test(text)) return text;
  if (/^\s*\[\s*\{\s*'(?:role|content|from|value)'/.test(text))
    throw new UniArmError(
      "data-invalid",
      `${where} has messages as Python prints them, which CSV cannot hold. Save the table as JSON lines: table.to_json("rows.jsonl", orient="records", lines=True)`,
    );
  try {
    const value: unknown = JSON.parse(text);
    const isTurns =
      Array.isArray(value) &&
      value.every((turn) => typeof turn === "object" && turn !== null && ("role" in turn || "from" in turn));
    return isTurns ? value : text;
  } catch {
    return text;
  }
}

/** Cuts the chunks of a text into rows of fields; quotes may hold delimiters and line ends. */
function fieldSplitter(
  delimiter: number,
  path: string,
): { split(chunk: Buffer): Generator<Fields>; finish(): Generator<Fields> } {
  const kept = rowBytes(path);
  let fields: string[] = [];
  let [line, begin] = [1, 1];
  let state: "start" | "plain" | "quoted" | "closing" = "start";
  const wrong = (what: string): UniArmError =>
    new UniArmError("data-invalid", `${path}:${begin} ${what}. In CSV, quotes inside a quoted text are doubled.`);
  const endField = (bytes: Buffer): void => {
    if (fields.push(kept.take(bytes, begin)) > FIELDS_LIMIT) throw wrong(`has more than ${FIELDS_LIMIT} fields`);
    state = "start";
  };
  function* endRow(): Generator<Fields> {
    if (fields.length > 1 || fields[0] !== "") yield { fields, line: begin };
    fields = [];
    begin = line;
  }
  return {
    *split(chunk) {
      let from = 0; // of the chunk's part that belongs to the field
      for (let at = 0; at < chunk.length; at++) {
        const byte = chunk[at]!;
        if (byte === NEWLINE) line++;
        if (state === "quoted") {
          if (byte !== QUOTE) continue;
          kept.add(chunk.subarray(from, at), begin);
          from = at + 1;
          state = "closing";
        } else if (state === "closing" && byte === QUOTE) {
          from = at; // the second of two quotes is one of the text
          state = "quoted";
        } else if (byte === QUOTE && state === "start") {
          from = at + 1;
          state = "quoted";
        } else if (byte === delimiter) {
          endField(chunk.subarray(from, state === "closing" ? from : at));
          from = at + 1;
        } else if (byte === NEWLINE) {
          const isPlain = state === "plain";
          endField(chunk.subarray(from, state === "closing" ? from : at));
          if (isPlain) fields.push(fields.pop()!.replace(/\r$/, "")); // perhaps of the chunk before
          from = at + 1;
          yield* endRow();
        } else if (state === "closing") {
          if (byte !== RETURN) throw wrong("has text after the quote that closes a field");
        } else {
          state = "plain";
        }
      }
      if (state !== "closing") kept.add(chunk.subarray(from), begin);
    },
    *finish() {
      if (state === "quoted") throw wrong("begins a quoted field that has no end");
      if (state === "start" && fields.length === 0) return;
      endField(Buffer.alloc(0));
      yield* endRow();
    },
  };
}
