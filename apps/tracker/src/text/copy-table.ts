/** A table for a paper or a note: texts, or numbers with an interval. */
export type CopyCell = string | number | null | { mean: number; low: number | null; high: number | null };
export interface CopyTable {
  columns: readonly string[];
  rows: readonly (readonly CopyCell[])[];
}

const DIGITS = 4;
const plainNumber = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(DIGITS))) : String(value);

function cellText(cell: CopyCell): string {
  if (cell === null) return "";
  if (typeof cell === "string") return cell;
  if (typeof cell === "number") return plainNumber(cell);
  const { mean, low, high } = cell;
  return low === null || high === null
    ? plainNumber(mean)
    : `${plainNumber(mean)} [${plainNumber(low)}, ${plainNumber(high)}]`;
}

/** Pipes and line ends would begin other cells and rows. */
const markdownText = (text: string): string =>
  text
    .replaceAll("\\", "\\\\")
    .replaceAll("|", "\\|")
    .replaceAll(/\s*\n\s*/g, " ");

export function markdownOf({ columns, rows }: CopyTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownText).join(" | ")} |`;
  const isNumeric = (column: number): boolean => rows.every((row) => typeof row[column] !== "string");
  return [
    line(columns),
    `| ${columns.map((_, column) => (isNumeric(column) ? "---:" : "---")).join(" | ")} |`,
    ...rows.map((row) => line(row.map(cellText))),
    "",
  ].join("\n");
}

const LATEX: Record<string, string> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  $: "\\$",
  "&": "\\&",
  "#": "\\#",
  "%": "\\%",
  _: "\\_",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
};
export const latexText = (text: string): string =>
  text.replaceAll(/[\\{}$&#%_~^<>]/g, (sign) => LATEX[sign]!).replaceAll(/\s*\n\s*/g, " ");

function latexCell(cell: CopyCell): string {
  if (cell === null) return "";
  if (typeof cell === "string") return latexText(cell);
  if (typeof cell === "number") return `$${plainNumber(cell)}$`;
  const { mean, low, high } = cell;
  return low === null || high === null
    ? `$${plainNumber(mean)}$`
    : `$${plainNumber(mean)}$ {\\scriptsize $[${plainNumber(low)}, ${plainNumber(high)}]$}`;
}

/** A tabular of the package booktabs. */
export function latexOf({ columns, rows }: CopyTable): string {
  const isNumeric = (column: number): boolean => rows.every((row) => typeof row[column] !== "string");
  const line = (cells: readonly string[]): string => `${cells.join(" & ")} \\\\`;
  return [
    `\\begin{tabular}{${columns.map((_, column) => (isNumeric(column) ? "r" : "l")).join("")}}`,
    "\\toprule",
    line(columns.map(latexText)),
    "\\midrule",
    ...rows.map((row) => line(row.map(latexCell))),
    "\\bottomrule",
    "\\end{tabular}",
    "",
  ].join("\n");
}

/** Every number in a cell of its own: intervals become three columns. */
export function flatTable({ columns, rows }: CopyTable): { columns: string[]; rows: (string | number | null)[][] } {
  const isInterval = (column: number): boolean =>
    rows.some((row) => typeof row[column] === "object" && row[column] !== null);
  return {
    columns: columns.flatMap((name, column) => (isInterval(column) ? [name, `${name} low`, `${name} high`] : [name])),
    rows: rows.map((row) =>
      row.flatMap((cell, column): (string | number | null)[] => {
        if (typeof cell === "object" && cell !== null) return [cell.mean, cell.low, cell.high];
        return isInterval(column) ? [cell, null, null] : [cell];
      }),
    ),
  };
}
