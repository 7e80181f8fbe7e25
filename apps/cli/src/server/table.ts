/** Columns of text, aligned; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => (cell === null ? "" : String(cell))));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const isNumber = header.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number" || row[column] === null),
  );
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

const UNITS: [string, number][] = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
];

/** 95 -> "1.6 min" */
export function duration(seconds: number): string {
  const [unit, size] = UNITS.find(([, one]) => seconds >= one) ?? ["s", 1];
  return `${(seconds / size).toFixed(seconds / size < 10 && unit !== "s" ? 1 : 0)} ${unit}`;
}

export const age = (time: string): string => `${duration(Math.max(0, (Date.now() - Date.parse(time)) / 1000))} ago`;

/** Of a time to come: "in 6.9 d"; of one that is over: "now". */
export function timeLeft(time: string): string {
  const seconds = (Date.parse(time) - Date.now()) / 1000;
  return seconds > 0 ? `in ${duration(seconds)}` : "now";
}

/** 0.654 [0.641, 0.668] */
export function estimate(value: number, low: number | null, high: number | null): string {
  const interval = low === null || high === null ? "" : ` [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  return `${value.toFixed(3)}${interval}`;
}
