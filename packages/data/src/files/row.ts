/** One row of a file, not checked yet. */
export interface Row {
  value: unknown;
  /** "file:line", or "file row 17" where a file has no lines */
  where: string;
  /** bytes of the file that have been read up to the end of this row */
  readBytes: number;
  /** every value is a text, since the file has no types (CSV) */
  isUntyped?: boolean;
}
