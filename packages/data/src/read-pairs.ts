import type { PreferencePair } from "@uniarm/core/schema";
import type { Row } from "./files/row.ts";
import { readRows } from "./files/rows.ts";
import { formatNamed, formatOf } from "./formats/index.ts";

export interface ReadOptions {
  /** default: recognised by the keys of the first row */
  format?: string | undefined;
  /** called for rows that give no pair */
  onSkipped?: ((where: string, why: string) => void) | undefined;
  /** called every 1000 rows with the bytes of the file that have been read */
  onProgress?: ((readBytes: number) => void) | undefined;
}

const PROGRESS_ROWS = 1000;

/**
 * The preference pairs of a file, one at a time, so that little of it is in memory however large it is.
 * @throws UniArmError data-missing, data-invalid, data-row-too-long, data-row-invalid, data-format-unknown
 */
export async function* readPairs(path: string, options: ReadOptions = {}): AsyncGenerator<PreferencePair> {
  const { onSkipped, onProgress } = options;
  const rows = readRows(path);
  try {
    const first = await rows.next();
    if (first.done) return;
    const format = options.format === undefined ? formatOf(first.value) : formatNamed(options.format);
    const skipped = (row: Row, why: string): void => onSkipped?.(row.where, why);
    yield* format.pairs(withProgress(first.value, rows, onProgress), skipped);
  } finally {
    await rows.return(undefined); // closes the file also when its first row was refused
  }
}

async function* withProgress(
  first: Row,
  rest: AsyncGenerator<Row>,
  onProgress: ((readBytes: number) => void) | undefined,
): AsyncGenerator<Row> {
  let count = 0;
  yield first;
  for await (const row of rest) {
    if (++count % PROGRESS_ROWS === 0) onProgress?.(row.readBytes);
    yield row;
  }
}
