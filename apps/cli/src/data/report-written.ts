import type { WrittenFile } from "./write-parts.ts";

/** Prints what was written: as JSON, or a line for each file and each note. */
export function reportWritten(
  result: { written: readonly WrittenFile[] } & Record<string, unknown>,
  json: boolean | undefined,
  notes: readonly string[],
): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  for (const { path, lines } of result.written)
    process.stdout.write(`${lines.toLocaleString("en-US")} pairs in ${path}\n`);
  for (const note of notes) process.stdout.write(`${note}\n`);
}
