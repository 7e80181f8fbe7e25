import type { PreferencePair } from "@uniarm/core/schema";
import type { Row } from "../files/row.ts";

/** How a dataset writes down preference pairs. */
export interface Format {
  readonly name: string;
  /** keys of a row by which the format is recognised */
  readonly keys: readonly string[];
  /** The pairs of the rows, in order. `skipped` is called for every row that gives none. */
  pairs(rows: AsyncIterable<Row>, skipped: (row: Row, why: string) => void): AsyncGenerator<PreferencePair>;
}
