import type { LogLine } from "../../api/types.ts";
import { textOf, type Line } from "../../terminal/line.ts";
import { Screen } from "../../terminal/screen.ts";

export interface ShownLine extends Line {
  attempt: number;
  stream: string;
  /** when it began */
  time: string;
}

/** What was written as the lines that a terminal shows: one for each stream of each attempt. */
export function logLines(written: readonly LogLine[]): ShownLine[] {
  const lines: ShownLine[] = [];
  const screens = new Map<string, Screen<LogLine>>();
  for (const piece of written) {
    const name = `${piece.attempt} ${piece.stream}`;
    let screen = screens.get(name);
    if (!screen) {
      screen = new Screen<LogLine>((line, { attempt, stream, time }) =>
        lines.push(Object.assign(line, { attempt, stream, time })),
      );
      screens.set(name, screen);
    }
    screen.write(piece.text, piece);
  }
  return lines;
}

/** The lines that contain this, whatever its case and colours. */
export function linesWith(lines: readonly ShownLine[], search: string): readonly ShownLine[] {
  if (search === "") return lines;
  const needle = search.toLowerCase();
  return lines.filter((line) => textOf(line).toLowerCase().includes(needle));
}
