import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { appendFile, mkdir, open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { cutPartialLine, readJsonLines, writeJsonLines } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import { z } from "zod";

/** Scores by the text that was scored and the model that scored it, kept in a file that runs may share one after another. */
export interface ScoreCache {
  get(modelKey: string, text: string): number | undefined;
  /** Adds scores; they are in the file when it resolves. */
  add(modelKey: string, scores: readonly { text: string; score: number }[]): Promise<void>;
  readonly size: number;
  close(): Promise<void>;
}

const Line = z.tuple([z.string(), z.number()]);

/** Opens or makes a cache file; without a path the cache lives in memory. A damaged line and all after it are dropped. @throws UniArmError score-cache-invalid for a file of another kind */
export async function openScoreCache(path?: string): Promise<ScoreCache> {
  if (path === undefined) return cacheOf(new Map(), null);
  await mkdir(dirname(path), { recursive: true });
  await appendFile(path, ""); // makes the file
  let damage: UniArmError | undefined;
  const known = new Map(await readJsonLines(path, Line, { onDamage: (error) => (damage = error) }));
  if (damage && known.size === 0 && !(await beginsAsCache(path)))
    throw new UniArmError(
      "score-cache-invalid",
      `${path} is not a cache of scores, and is left as it is: ${damage.message} Choose another file for the cache.`,
    );
  if (damage) await writeJsonLines(path, known);
  else await cutPartialLine(path);
  return cacheOf(known, await open(path, "a"));
}

/** Of a cache whose first line was cut short. */
async function beginsAsCache(path: string): Promise<boolean> {
  const start = '["';
  for await (const chunk of createReadStream(path, { encoding: "utf8", end: start.length - 1 })) return chunk === start;
  return true;
}

function cacheOf(known: Map<string, number>, file: FileHandle | null): ScoreCache {
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

const hashOf = (modelKey: string, text: string): string =>
  createHash("sha256")
    .update(JSON.stringify([modelKey, text]))
    .digest("base64url");
