import type { ChartData } from "../../../charts/data-table.tsx";
import { isRaw, parseExactly } from "./exact-json.ts";

/** More rows are left to programs that read the file. */
export const MOST_ROWS = 1000;
const MOST_COLUMNS = 100;

export interface Shown {
  table: ChartData;
  /** what the table leaves out, or what of the file could not be read */
  notes: readonly string[];
}

/** JSON lines as a table: a column a field, in the order in which they come up. What is no object stands in a column of its own. */
export function tableOfLines(text: string, isCut: boolean): Shown {
  const lines = wholeLines(text, isCut).filter((line) => line.trim() !== "");
  const bad: number[] = [];
  const rows = lines.slice(0, MOST_ROWS).map((line, index): Map<string, unknown> => {
    try {
      const value = parseExactly(line);
      return isFields(value) ? new Map(Object.entries(value)) : new Map([["value", value]]);
    } catch {
      bad.push(index + 1);
      return new Map([["not JSON", line]]);
    }
  });
  const columns = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const shown = columns.slice(0, MOST_COLUMNS);
  return {
    table: { columns: shown, rows: rows.map((row) => shown.map((name) => cellOf(row.get(name)))) },
    notes: [
      ...(bad.length > 0
        ? [`${bad.length === 1 ? "Line" : "Lines"} ${firstOf(bad)} ${bad.length === 1 ? "is" : "are"} no JSON.`]
        : []),
      ...leftOut(lines.length, columns.length),
    ],
  };
}

/** CSV as a table; its first row names the columns. What reads it is loaded when it is asked for. */
export async function tableOfCsv(text: string, isCut: boolean, delimiter: string): Promise<Shown> {
  const { parse } = await import("csv-parse/browser/esm/sync");
  const whole = wholeLines(text, isCut).join("\n");
  // so many that a longer file is known to be one
  const records = parse(whole, {
    delimiter,
    bom: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    to: MOST_ROWS + 2,
  });
  const [head = [], ...rows] = records;
  const width = Math.max(0, ...records.map((record) => record.length));
  const columns = Array.from(
    { length: Math.min(width, MOST_COLUMNS) },
    (_, index) => head[index] ?? `column ${index + 1}`,
  );
  const shown = rows.slice(0, MOST_ROWS);
  return {
    table: { columns, rows: shown.map((row) => columns.map((_, index) => row[index] ?? "")) },
    notes: leftOut(rows.length, width),
  };
}

/** JSON with a line for each entry; as it is where it cannot be read. */
export function prettyJson(text: string, isCut: boolean): { text: string; notes: readonly string[] } {
  if (isCut) return { text, notes: [] };
  try {
    return { text: JSON.stringify(parseExactly(text), null, 2), notes: [] };
  } catch (error) {
    return { text, notes: [`It is no JSON (${(error as Error).message}), so it is shown as it is.`] };
  }
}

/** The last line of a file that is cut is a part of one. */
function wholeLines(text: string, isCut: boolean): string[] {
  const lines = text.split(/\r?\n/);
  return isCut ? lines.slice(0, -1) : lines;
}

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isRaw(value);

/** As the file has it; a field that a row lacks is empty. */
const cellOf = (value: unknown): string | null => {
  if (value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
};

const firstOf = (numbers: readonly number[]): string =>
  numbers.length > 5 ? `${numbers.slice(0, 5).join(", ")} and ${numbers.length - 5} more` : numbers.join(", ");

const leftOut = (rows: number, columns: number): string[] => [
  ...(rows > MOST_ROWS ? [`The first ${MOST_ROWS.toLocaleString("en-US")} rows are shown.`] : []),
  ...(columns > MOST_COLUMNS ? [`The first ${MOST_COLUMNS} of ${columns} columns are shown.`] : []),
];
