import { dataFiles, readPairs, type ColumnMapping } from "@uniarm/data";
import type { PreferencePair } from "@uniarm/core/schema";
import type { Progress } from "../progress.ts";

/** Rows that made no pair: how many, and for each reason its count and where it was first. */
export interface Skipped {
  count: number;
  reasons: Map<string, { count: number; first: string }>;
}

export const noneSkipped = (): Skipped => ({ count: 0, reasons: new Map() });

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
      const reason = why.replaceAll(/-?\d+(?:\.\d+)?/g, "N"); // numbers of turns and scores do not make another reason
      const known = skipped.reasons.get(reason) ?? { count: 0, first: `${where}: ${why}` };
      skipped.reasons.set(reason, { count: known.count + 1, first: known.first });
    },
  });
}

/** Says how many rows gave no pair, and why: the commonest reasons first. */
export function skippedLine({ count, reasons }: Skipped): string {
  if (count === 0) return "";
  const sorted = [...reasons.values()].sort((one, other) => other.count - one.count);
  const shown = sorted.slice(0, REASONS_SHOWN).map((reason) => `${number(reason.count)} like ${reason.first}`);
  const more = sorted.length > REASONS_SHOWN ? [`${sorted.length - REASONS_SHOWN} other reasons`] : [];
  return `${number(count)} ${count === 1 ? "row" : "rows"} gave no pair: ${[...shown, ...more].join("; ")}`;
}

const REASONS_SHOWN = 5;
const number = (value: number): string => value.toLocaleString("en-US");
