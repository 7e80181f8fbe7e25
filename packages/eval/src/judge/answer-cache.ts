import { createHash } from "node:crypto";
import { appendFile, mkdir, open, writeFile, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { cutPartialLine, readJsonLines } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import { z } from "zod";
import type { JudgeAnswer } from "./judge.ts";

/** A judge's answers by the judge and the question, in a file that runs share one after another. */
export interface AnswerCache {
  get(judgeKey: unknown, question: string): JudgeAnswer | undefined;
  /** It is on the disk when this resolves. */
  add(judgeKey: unknown, question: string, answer: JudgeAnswer): Promise<void>;
  close(): Promise<void>;
}

const HEADING = Buffer.from('{"format":"uniarm-judge-answers","version":1}\n');
const Tokens = z.int().nonnegative().nullable();
const Heading = z.strictObject({ format: z.literal("uniarm-judge-answers"), version: z.literal(1) });
const Entry = z.strictObject({
  key: z.string(),
  text: z.string(),
  promptTokens: Tokens,
  completionTokens: Tokens,
  model: z.string().nullable(),
});

/**
 * Opens or makes a cache. A last line that a killed writer cut short is removed; answers cost money, so that any other damage
 * is refused, not dropped.
 * @throws UniArmError judge-cache-invalid for a file of another kind, which is left as it is; json-lines-invalid with file:line
 */
export async function openAnswerCache(path: string): Promise<AnswerCache> {
  await mkdir(dirname(path), { recursive: true });
  await appendFile(path, ""); // makes the file
  const start = await startOf(path);
  if (!HEADING.subarray(0, start.length).equals(start))
    throw new UniArmError(
      "judge-cache-invalid",
      `${path} is not a cache of a judge's answers, and is left as it is. Choose another file for the cache.`,
    );
  if (start.length < HEADING.length) await writeFile(path, HEADING); // new, or cut short while it was made
  await cutPartialLine(path);
  const known = new Map<string, JudgeAnswer>();
  for (const line of await readJsonLines(path, z.union([Heading, Entry]))) {
    if ("format" in line) continue;
    const { key, ...answer } = line;
    known.set(key, answer);
  }
  return cacheOf(known, await open(path, "a"));
}

async function startOf(path: string): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADING.length), 0, HEADING.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function cacheOf(known: Map<string, JudgeAnswer>, file: FileHandle): AnswerCache {
  let last: Promise<void> = Promise.resolve(); // lines are written one after the other
  const write = async (line: string): Promise<void> => {
    await file.appendFile(line);
    await file.datasync();
  };
  return {
    get: (judgeKey, question) => known.get(hashOf(judgeKey, question)),
    add: (judgeKey, question, answer) => {
      const key = hashOf(judgeKey, question);
      known.set(key, answer);
      const written = last.then(() => write(`${JSON.stringify({ key, ...answer })}\n`));
      last = written.catch(() => undefined); // its caller is told
      return written;
    },
    close: async () => {
      await last;
      await file.close();
    },
  };
}

const hashOf = (judgeKey: unknown, question: string): string =>
  createHash("sha256")
    .update(JSON.stringify([judgeKey, question]))
    .digest("base64url");
