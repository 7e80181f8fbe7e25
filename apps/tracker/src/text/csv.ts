import type { ChartData } from "../charts/data-table.tsx";

/** A cell that a spreadsheet would take for a formula gets a quote before it. */
const isFormula = (text: string): boolean => /^[=+@\t\r-]/.test(text);

function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = isFormula(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvOf = ({ columns, rows }: ChartData): string =>
  `${[columns, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
