import type { LogLine } from "../../api/types.ts";

export interface ShownLine {
  attempt: number;
  stream: string;
  time: string;
  text: string;
}

/** Pieces of a log as lines. A carriage return writes over its line, as a progress bar does. */
export function logLines(pieces: readonly LogLine[], search: string): ShownLine[] {
  const needle = search.toLowerCase();
  return pieces.flatMap(({ attempt, stream, time, text }) =>
    text
      .replace(/\r?\n$/, "")
      .split(/\r?\n/)
      .map((line) => ({ attempt, stream, time, text: line.slice(line.lastIndexOf("\r") + 1) }))
      .filter((line) => needle === "" || line.text.toLowerCase().includes(needle)),
  );
}
