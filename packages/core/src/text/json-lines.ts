import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { z } from "zod";
import { writeFileAtomically } from "../files/atomic.ts";
import { utf8Chunks } from "../files/read-text.ts";
import { notText } from "../schema/decode-text.ts";
import { UniArmError } from "../schema/error.ts";

const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

export interface ReadJsonLinesOptions {
  /**
   * Told of the first line that does not fit the schema; the rows before it are then returned and the rest is not read.
   * For files that may lose rows, such as caches. Default: the file is refused.
   */
  onDamage?: (error: UniArmError) => void;
}

/**
 * Reads a file of one JSON value a line (UTF-8 or UTF-16, with or without a byte-order mark) and parses each by `schema`;
 * empty lines are skipped. Only "\n" ends a line: the other line separators of Unicode may stand inside a JSON string.
 * @throws UniArmError json-lines-invalid and text-encoding with file:line and what is wrong there; json-lines-missing without
 * a readable file
 */
export async function readJsonLines<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  { onDamage }: ReadJsonLinesOptions = {},
): Promise<z.infer<Schema>[]> {
  const rows: z.infer<Schema>[] = [];
  let number = 0;
  const take = (bytes: Buffer): void => {
    number += 1;
    if (!isUtf8(bytes)) throw notText(`${path}:${number}`, "utf-8");
    const line = bytes.toString("utf8");
    if (line.trim() !== "") rows.push(parseLine(line, schema, `${path}:${number}`));
  };
  try {
    const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    let begun: Buffer[] = []; // a line whose end is in a chunk to come
    for await (const chunk of utf8Chunks(stream, path)) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        const line = chunk.subarray(start, end);
        take(begun.length === 0 ? line : Buffer.concat([...begun, line]));
        [begun, start] = [[], end + 1];
      }
      begun.push(Buffer.from(chunk.subarray(start)));
    }
    take(Buffer.concat(begun));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall !== undefined) throw unreadable(path, cause); // of the file, not of a line
    if (!onDamage || !(cause instanceof UniArmError)) throw cause;
    onDamage(cause);
  }
  return rows;
}

/** Writes one JSON value a line; the file appears whole or not at all. Its folder must exist. */
export async function writeJsonLines(path: string, rows: Iterable<unknown>): Promise<void> {
  await writeFileAtomically(path, chunksOf(rows));
}

/**
 * Removes what follows the last line end of a file that is only ever appended to: a killed writer may have cut that line
 * short, and the next one would go on in the middle of it.
 */
export async function cutPartialLine(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    const { size } = await file.stat();
    const block = Buffer.alloc(Math.min(size, CHUNK_BYTES));
    let end = size;
    while (end > 0) {
      const start = Math.max(0, end - block.length);
      const { bytesRead } = await file.read(block, 0, end - start, start);
      const newline = block.subarray(0, bytesRead).lastIndexOf(NEWLINE);
      end = start + newline + 1; // without one, on to the block before
      if (newline >= 0) break;
    }
    if (end < size) await file.truncate(end);
  } finally {
    await file.close();
  }
}

function parseLine<Schema extends z.ZodType>(line: string, schema: Schema, where: string): z.infer<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw new UniArmError(
      "json-lines-invalid",
      `${where} is not JSON: ${(cause as Error).message}. Each line must be one JSON value.`,
      { cause },
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join(".")}: ${message}` : message,
  );
  throw new UniArmError(
    "json-lines-invalid",
    `${where} is not what it should be: ${problems.join("; ")}. Correct that line.`,
    { cause: parsed.error },
  );
}

/** A string holds at most half a gigabyte; a file of rows may be larger. */
function* chunksOf(rows: Iterable<unknown>): Generator<Uint8Array> {
  let text = "";
  for (const row of rows) {
    text += `${JSON.stringify(row)}\n`;
    if (text.length < CHUNK_BYTES) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text);
}

function unreadable(path: string, cause: unknown): UniArmError {
  const reason =
    (cause as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : String((cause as Error).message);
  return new UniArmError(
    "json-lines-missing",
    `${path} cannot be read: ${reason}. It should be a file with one JSON value a line.`,
    { cause },
  );
}
