import type { ChildProcess } from "node:child_process";

export const hasEnded = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null || child.pid === undefined;

/** The last 4 kB that a child printed; whole lines go to `log` as they come. */
export function collect(child: ChildProcess, log?: (line: string) => void): () => string {
  let tail = "";
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      tail = (tail + text).slice(-4096);
      if (log) for (const line of text.split("\n")) if (line.trim()) log(line);
    });
  }
  return () => tail;
}

/** What a program that failed said last: the reason, mostly. */
export const lastLine = (text: string): string => text.trim().split("\n").at(-1)?.trim() || "it said nothing";
