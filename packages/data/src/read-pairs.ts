import { UniArmError, type PreferencePair } from "@uniarm/core/schema";
import { dataFiles } from "./files/data-files.ts";
import type { Row } from "./files/row.ts";
import { readRows } from "./files/rows.ts";
import type { ColumnMapping } from "./formats/column-mapping.ts";
import { formatNamed, formatOf, keysOf, knownFormats, MAPPING_HINT } from "./formats/index.ts";

export interface ReadOptions {
  /** a format's name, or the columns of one's own; default: recognised by the first row */
  format?: string | ColumnMapping | undefined;
  /** called for rows that give no pair */
  onSkipped?: ((where: string, why: string) => void) | undefined;
  /** called every 1000 rows with the bytes of the files that have been read */
  onProgress?: ((readBytes: number) => void) | undefined;
}

const PROGRESS_ROWS = 1000;
/** Rows that an error shows when none gave a pair. */
const SHOWN_ROWS = 3;

/**
 * The preference pairs of a file, of a folder of shards or of a pattern (data/train-*.parquet), one at a time, so that
 * little is in memory however large they are.
 * @throws UniArmError data-missing, data-invalid, data-row-too-long, data-row-invalid, data-format-unknown, data-splits,
 * data-no-pairs when no row gave a pair
 */
export async function* readPairs(path: string, options: ReadOptions = {}): AsyncGenerator<PreferencePair> {
  const { onSkipped, onProgress } = options;
  const named = options.format === undefined ? null : formatNamed(options.format);
  const rows = rowsOf(path);
  const noted: string[] = [];
  let [rowCount, pairCount] = [0, 0];
  try {
    const first = await rows.next();
    if (first.done) throw noPairs(path, "it has no rows");
    const format = named ?? formatOf(first.value);
    const skipped = (row: Row, why: string): void => {
      if (noted.length < SHOWN_ROWS) noted.push(`${row.where} (${keysOf(row)}): ${why}`);
      onSkipped?.(row.where, why);
    };
    const counted = withProgress(first.value, rows, (row) => {
      if (++rowCount % PROGRESS_ROWS === 0) onProgress?.(row.readBytes);
    });
    for await (const pair of format.pairs(counted, skipped)) {
      pairCount += 1;
      yield pair;
    }
    if (pairCount === 0)
      throw noPairs(
        path,
        `${rowCount} ${rowCount === 1 ? "row was" : "rows were"} read as format ${format.name}. ${noted.join("; ")}`,
      );
  } finally {
    await rows.return(undefined); // closes the file also when its first row was refused
  }
}

/** The rows of all files, one after the other. */
async function* rowsOf(path: string): AsyncGenerator<Row> {
  let before = 0;
  for (const file of await dataFiles(path)) {
    for await (const row of readRows(file.path)) {
      row.readBytes += before;
      yield row;
    }
    before += file.bytes;
  }
}

async function* withProgress(first: Row, rest: AsyncIterable<Row>, count: (row: Row) => void): AsyncGenerator<Row> {
  count(first);
  yield first;
  for await (const row of rest) {
    count(row);
    yield row;
  }
}

const noPairs = (path: string, why: string): UniArmError =>
  new UniArmError(
    "data-no-pairs",
    `${path} gave no pair: ${why}. Known formats are ${knownFormats()}. ${MAPPING_HINT}`,
  );
