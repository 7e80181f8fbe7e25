import { stringify } from "csv-stringify/sync";

type Cell = string | number | boolean | null | undefined;

/** Rows as CSV under a header (RFC 4180, lines end with \n); null and undefined are empty cells. */
export const csv = (header: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  stringify([header, ...rows], {
    cast: { boolean: String },
    quoted_match: /[\r\n]/, // by itself it quotes the record delimiter only
  });
