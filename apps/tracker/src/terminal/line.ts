import type { Style } from "./style.ts";

export interface Piece {
  text: string;
  style: Style;
}

const WIDE = /[\ud800-\udfff]/;
const lengthOf = (text: string): number => (WIDE.test(text) ? [...text].length : text.length);
const cut = (text: string, from: number, to: number): string =>
  WIDE.test(text) ? [...text].slice(from, to).join("") : text.slice(from, to);

/** A line of a terminal: what is written before its end writes over what stands there. */
export interface Line {
  pieces: Piece[];
  length: number;
}

export const emptyLine = (): Line => ({ pieces: [], length: 0 });

export const textOf = ({ pieces }: Pick<Line, "pieces">): string => pieces.map(({ text }) => text).join("");

/** Writes at a column. Returns the column after it. */
export function write(line: Line, column: number, text: string, style: Style): number {
  const end = column + lengthOf(text);
  if (column > line.length) append(line, " ".repeat(column - line.length), {});
  if (column === line.length) append(line, text, style);
  else {
    const [before, after] = [part(line, 0, column), part(line, end, line.length)];
    line.pieces = [...before, { text, style }, ...after];
    line.length = Math.max(line.length, end);
  }
  return end;
}

/** Removes what stands from one column to another: what is behind stays where it is. */
export function erase(line: Line, from: number, to: number): void {
  if (from >= line.length) return;
  const after = part(line, to, line.length);
  line.pieces = part(line, 0, from);
  line.length = from;
  if (after.length === 0) return;
  append(line, " ".repeat(to - from), {});
  for (const { text, style } of after) append(line, text, style);
}

function append(line: Line, text: string, style: Style): void {
  const last = line.pieces.at(-1);
  if (last?.style === style) last.text += text;
  else line.pieces.push({ text, style });
  line.length += lengthOf(text);
}

function part({ pieces }: Line, from: number, to: number): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const { text, style } of pieces) {
    const length = lengthOf(text);
    const own = cut(text, Math.max(0, from - at), Math.max(0, to - at));
    if (own !== "") found.push({ text: own, style });
    at += length;
  }
  return found;
}
