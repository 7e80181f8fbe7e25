export type TableFormat = "text" | "markdown" | "latex";

/** Right-aligned rows of cells under a heading, as plain text, Markdown, or a tabular of LaTeX (package booktabs). */
export function formatTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  format: TableFormat,
): string {
  if (format === "latex") return latexTable(heading, rows);
  const cellOf =
    format === "markdown" ? (cell: string): string => cell.replaceAll("|", "\\|") : (cell: string): string => cell;
  const cells = [heading, ...rows].map((row) => heading.map((_, column) => cellOf(row[column] ?? "")));
  const widths = heading.map((_, column) => Math.max(3, ...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string => {
    const padded = widths.map((width, column) => row[column]!.padStart(width));
    return format === "markdown" ? `| ${padded.join(" | ")} |` : padded.join("   ").trimEnd();
  };
  const rule = widths.map((width) => (format === "markdown" ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  return [line(cells[0]!), line(rule), ...cells.slice(1).map(line)].join("\n");
}

/** Names on the left, figures on the right. */
function latexTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string =>
    `${heading.map((_, column) => latexText(row[column] ?? "")).join(" & ")} \\\\`;
  return [
    `\\begin{tabular}{l${"r".repeat(heading.length - 1)}}`,
    "\\toprule",
    line(heading),
    "\\midrule",
    ...rows.map(line),
    "\\bottomrule",
    "\\end{tabular}",
  ].join("\n");
}

const LATEX: Record<string, string> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
};
const latexText = (text: string): string =>
  text.replaceAll(/[\\~^<>&%$#_{}]/g, (character) => LATEX[character] ?? `\\${character}`);
