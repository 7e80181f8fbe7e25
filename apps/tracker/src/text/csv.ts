import type { ChartData } from "../charts/data-table.tsx";

/** A table as CSV for a spreadsheet, in which no text becomes a formula. What writes it is loaded when it is asked for. */
export async function csvOf({ columns, rows }: ChartData): Promise<string> {
  const { stringify } = await import("csv-stringify/browser/esm/sync");
  return stringify([columns, ...rows], {
    record_delimiter: "windows",
    escape_formulas: true,
    quoted_match: /[\r\n]/, // by itself it quotes the record delimiter only
  });
}
