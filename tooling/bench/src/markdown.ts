import { readFileSync, writeFileSync } from "node:fs";

/** A table as prettier writes it: columns as wide as their widest cell. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |`;
  const [head, ...body] = rows;
  return [line(head!), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body.map(line)].join("\n");
}

/** Puts a text between the marks `<!-- NAME:start -->` and `<!-- NAME:end -->` of a document. @throws Error where it has none */
export function putBetweenMarks(file: string, name: string, text: string): void {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const old = readFileSync(file, "utf8");
  const [before, after] = [old.split(start)[0]!, old.split(end)[1]];
  if (after === undefined) throw new Error(`${file} has no ${start} ... ${end} to put the figures between.`);
  writeFileSync(file, `${before}${start}\n\n${text}\n\n${end}${after}`);
}
