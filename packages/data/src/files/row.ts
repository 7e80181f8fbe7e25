/** One row of a file, not yet looked at. */
export interface Row {
  value: unknown;
  /** "file:line", or "file row 17" where there are no lines */
  where: string;
  /** bytes of the file that have been read when this row is done */
  readBytes: number;
}
