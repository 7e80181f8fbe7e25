import { dataFiles, readPairs, type ColumnMapping } from "@uniarm/data";
import type { PreferencePair } from "@uniarm/core/schema";
import type { Progress } from "../progress.ts";

/** Rows that made no pair: how many, and the first with its reason. */
export interface Skipped {
  count: number;
  first: string | null;
}

/** The pairs of a file, with a progress bar over its bytes. */
export async function* pairsOf(
  path: string,
  format: string | ColumnMapping | undefined,
  progress: Progress,
  skipped: Skipped,
): AsyncGenerator<PreferencePair> {
  const bytes = (await dataFiles(path)).reduce((sum, file) => sum + file.bytes, 0);
  const total = Math.ceil(bytes / 1e6);
  yield* readPairs(path, {
    format,
    onProgress: (readBytes) => {
      progress.update("read", Math.floor(readBytes / 1e6), total, "MB");
    },
    onSkipped: (where, why) => {
      skipped.count += 1;
      skipped.first ??= `${where}: ${why}`;
    },
  });
}

export const skippedLine = ({ count, first }: Skipped): string =>
  count === 0 ? "" : `${count.toLocaleString("en-US")} rows gave no pair, the first at ${first}`;
