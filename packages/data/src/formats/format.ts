import type { PreferencePair } from "@uniarm/core/schema";
import type { Row } from "../files/row.ts";

/** A row as an object of its columns. */
export type Columns = Readonly<Record<string, unknown>>;

/** How a dataset writes down preference pairs. */
export interface Format {
  readonly name: string;
  /** keys of a row, to show people what the format is */
  readonly keys: readonly string[];
  /** Whether a row is of this format: by its keys and by what they hold. */
  recognises(row: Columns): boolean;
  /** The pairs of the rows, in order. `skipped` is called for every row that gives none. */
  pairs(rows: AsyncIterable<Row>, skipped: (row: Row, why: string) => void): AsyncGenerator<PreferencePair>;
}

/** Recognises rows that have all of these keys, whatever they hold. */
export const hasKeys =
  (...keys: readonly string[]) =>
  (row: Columns): boolean =>
    keys.every((key) => Object.hasOwn(row, key));
