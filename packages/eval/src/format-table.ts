export type TableFormat = "text" | "markdown";

/** Right-aligned rows of cells under a heading, as plain text or Markdown. */
export function formatTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  format: TableFormat,
): string {
  const widths = heading.map((cell, column) =>
    Math.max(3, ...[cell, ...rows.map((row) => row[column] ?? "")].map(({ length }) => length)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = widths.map((width, column) => (cells[column] ?? "").padStart(width));
    return format === "markdown" ? `| ${padded.join(" | ")} |` : padded.join("   ").trimEnd();
  };
  const rule = widths.map((width) => (format === "markdown" ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  return [line(heading), line(rule), ...rows.map(line)].join("\n");
}
