import { stat } from "node:fs/promises";
import { readPairs } from "@uniarm/data";
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
  format: string | undefined,
  progress: Progress,
  skipped: Skipped,
): AsyncGenerator<PreferencePair> {
  const megabytes = async (): Promise<number> => (await stat(path)).size / 1e6;
  const total = Math.ceil(await megabytes().catch(() => 0)); // the reader reports a missing file
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
