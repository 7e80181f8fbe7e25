import { open, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { EndedReport } from "@uniarm/pipeline/schema";
import { z } from "zod";

/*
 * What the worker and its jobs tell each other through a folder that both see. Each file has one writer:
 *   batches/NAME/manifest.json                     the worker; beside it what is submitted, and what Slurm prints
 *   batches/NAME/begun-3 ended-3                   task 3: there as soon as it has begun, and ended; one look shows all
 *   attempts/ID/submission.json                    the worker: which task of which batch it is
 *   attempts/ID/begun.json outbox.jsonl end.json   the job; the first keeps a second copy of it from beginning
 */

export const Manifest = z.object({
  /** folders of the attempts, by the number of the task */
  folders: z.array(z.string()),
  graceMs: z.int(),
  saveSeconds: z.int(),
  /** when a job stops by its own clock; null: the system tells it */
  limitSeconds: z.int().nullable(),
  /** so long a job stays after it was told to end and has saved */
  lingerMs: z.int(),
});
export type Manifest = z.infer<typeof Manifest>;

/** Written before the system is asked, so that a job can be found again whatever happens in between. */
export const Submission = z.object({ batch: z.string(), task: z.int(), tasks: z.int() });
export type Submission = z.infer<typeof Submission>;

/** Who carries out an attempt: the one that could make this file. It is touched as long as that lives. */
export const Begun = z.object({ number: z.string(), host: z.string() });
export type Begun = z.infer<typeof Begun>;

/** How a job ended, written by itself. */
export const EndRecord = z.object({
  last: EndedReport.nullable(),
  exit: z.object({ code: z.int().nullable(), signal: z.string().nullable(), failure: z.string().optional() }),
  /** of its outbox; null: not all of that could be written */
  lastSequence: z.int().nullable(),
  host: z.string(),
  /** why it was to stop: its time limit came near, or the system said so; null: it ended by itself */
  told: z.enum(["limit", "term"]).nullable(),
  /** it saved more than it had begun with */
  hasAdvanced: z.boolean(),
});
export type EndRecord = z.infer<typeof EndRecord>;

export const MANIFEST = "manifest.json";
export const SUBMISSION = "submission.json";
export const BEGUN = "begun.json";
export const END = "end.json";
export const begunFile = (task: number): string => `begun-${task}`;
export const endedFile = (task: number): string => `ended-${task}`;

/** Writes a file that is whole whenever it is there, on a disk that others see, too. */
export async function writeWhole(path: string, content: unknown): Promise<void> {
  const partial = `${path}.partial`;
  const file = await open(partial, "w");
  try {
    await file.writeFile(JSON.stringify(content));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
}

/** Null where there is no such file. */
export async function readWhole<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  return text === null ? null : schema.parse(JSON.parse(text));
}

/** Makes a file that says who made it. @returns false where another one was faster */
export async function makeFirst(path: string, content: unknown): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(content), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** The tasks of a batch that have begun, and those that have ended. */
export async function progressOf(batch: string): Promise<{ begun: Set<number>; ended: Set<number> }> {
  const names = await readdir(batch).catch(() => []);
  const tasksOf = (what: string): Set<number> =>
    new Set(names.flatMap((name) => (name.startsWith(`${what}-`) ? [Number(name.slice(what.length + 1))] : [])));
  return { begun: tasksOf("begun"), ended: tasksOf("ended") };
}
