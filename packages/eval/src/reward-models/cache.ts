import { createHash } from "node:crypto";
import { mkdir, open, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";

/** Scores by what was scored and what scored it, kept in a file that runs may share one after the other. */
export interface ScoreCache {
  get(modelKey: string, text: string): number | undefined;
  /** Adds scores and writes them down before it resolves. */
  add(modelKey: string, scores: readonly { text: string; score: number }[]): Promise<void>;
  readonly size: number;
  close(): Promise<void>;
}

const Line = z.tuple([z.string(), z.number()]);

/** Opens or makes a cache file; without a path it lives in memory. A last line that was cut off is dropped. */
export async function openScoreCache(path?: string): Promise<ScoreCache> {
  const known = new Map<string, number>();
  if (path === undefined) return cacheOf(known, null);
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "a+");
  let complete = 0;
  const lines = createInterface({ input: file.createReadStream({ start: 0, autoClose: false }), crlfDelay: Infinity });
  for await (const line of lines) {
    const parsed = parse(line);
    if (!parsed) break;
    known.set(...parsed);
    complete += Buffer.byteLength(line) + 1;
  }
  const { size } = await file.stat();
  if (size !== complete) await truncate(path, Math.min(size, complete));
  return cacheOf(known, file);
}

function cacheOf(known: Map<string, number>, file: Awaited<ReturnType<typeof open>> | null): ScoreCache {
  return {
    get: (modelKey, text) => known.get(hashOf(modelKey, text)),
    add: async (modelKey, scores) => {
      const entries = scores.map(({ text, score }) => [hashOf(modelKey, text), score] as const);
      for (const [key, score] of entries) known.set(key, score);
      await file?.appendFile(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    },
    get size() {
      return known.size;
    },
    close: async () => {
      await file?.close();
    },
  };
}

function parse(line: string): [string, number] | null {
  try {
    return Line.parse(JSON.parse(line));
  } catch {
    return null; // cut off by a crash, and so is all that follows it
  }
}

const hashOf = (modelKey: string, text: string): string =>
  createHash("sha256")
    .update(JSON.stringify([modelKey, text]))
    .digest("base64url");
