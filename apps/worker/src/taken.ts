import { existsSync } from "node:fs";
import { readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { outboxSize } from "./outbox.ts";

/** What a worker has to know of an assignment to go on with its attempt. */
export const Taken = z.object({
  attemptId: z.string(),
  runId: z.string(),
  /** of the attempt */
  number: z.int(),
  kind: z.string(),
  project: z.string().default(""), // which a version before did not note
  slots: z.int(),
  labels: z.array(z.string()),
});
export type Taken = z.infer<typeof Taken>;

const FILE = "taken.json";

/** Notes it in the attempt's folder, when that holds all that its job needs. */
export async function noteTaken(folder: string, taken: Taken): Promise<void> {
  const path = join(folder, FILE);
  await writeFile(`${path}.partial`, JSON.stringify(Taken.parse(taken)));
  await rename(`${path}.partial`, path);
}

/** Whether somebody removed what the worker keeps of an attempt, or is about to: its note, or an outbox that had events. */
export const wasRemoved = async (folder: string, lastSequence: number | null): Promise<boolean> =>
  !existsSync(join(folder, FILE)) || (lastSequence !== null && lastSequence > 0 && (await outboxSize(folder)) === 0);

/** The attempts below a worker's folder whose jobs were started, or were about to be. */
export async function takenBelow(folder: string): Promise<Taken[]> {
  const attempts = join(folder, "attempts");
  const names = await readdir(attempts).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      try {
        return [Taken.parse(JSON.parse(await readFile(join(attempts, name, FILE), "utf8")))];
      } catch {
        return []; // its worker was killed before
      }
    }),
  );
  return found.flat();
}
