import type { PreferencePair } from "@uniarm/core/schema";
import type { Row } from "../files/row.ts";

/** A way to write preference data down. */
export interface Format {
  readonly name: string;
  /** keys of a row by which the format is known */
  readonly keys: readonly string[];
  /** The pairs of the rows, in order. `skipped` is told of every row that gives none. */
  pairs(rows: AsyncIterable<Row>, skipped: (row: Row, why: string) => void): AsyncGenerator<PreferencePair>;
}
