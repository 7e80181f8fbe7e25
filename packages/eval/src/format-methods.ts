import type { MethodComparison } from "@uniarm/core/schema";
import { formatTable, type TableFormat } from "./format-table.ts";
import { methodTables } from "./method-tables.ts";

/** Methods with their intervals, then each pair's differences with p-values, adjusted for all of them. */
export function formatMethods(comparison: MethodComparison, format: TableFormat = "text"): string {
  const end = format === "markdown" ? "  \n" : "\n";
  const blocks = methodTables(comparison).flatMap(({ heading, rows, notes }) => [
    formatTable(heading, rows, format),
    notes.join(end),
  ]);
  return `${blocks.join("\n\n")}\n`;
}
