import { UniArmError } from "@uniarm/core/schema";
import { PlaygroundJob } from "@uniarm/pipeline/schema";
import { audit, findPlayground, launchRun, type Database, type Held } from "@uniarm/db";

/** High, since somebody is waiting. */
const PRIORITY = 100;

export interface Wanted extends Held {
  createdBy: string;
}

const opening = new Map<string, Promise<string>>();
/** One at a time: each keeps one connection of the database while it needs another. */
let before: Promise<unknown> = Promise.resolve();

/**
 * The run that holds a model with an ARM, or soon will; one is launched where there is none.
 * @returns its id
 * @throws UniArmError input-invalid
 */
export function playgroundRun(db: Database, { createdBy, ...held }: Wanted): Promise<string> {
  const { projectId, model, checkpoint } = held;
  const key = JSON.stringify([projectId, model, checkpoint]);
  const known = opening.get(key); // two that ask at the same time get the same run
  if (known) return known;
  const found = before
    .then(() => findPlayground(db, held, () => launch(db, { ...held, createdBy })))
    .finally(() => opening.delete(key));
  before = found.catch(() => undefined);
  opening.set(key, found);
  return found;
}

async function launch(db: Database, { createdBy, projectId, model, checkpoint }: Wanted): Promise<string> {
  const read = PlaygroundJob.safeParse({ model, ...(checkpoint === null ? {} : { checkpoint }) });
  if (!read.success) throw new UniArmError("input-invalid", read.error.issues.map(({ message }) => message).join(" "));
  const config = read.data;
  const run = { projectId, kind: "playground" as const, name: `playground ${model.slice(0, 150)}`, config, createdBy };
  const id = await launchRun(db, { ...run, priority: PRIORITY, maxAttempts: 2, useCache: false });
  await audit(db, createdBy || "local", "runs.launch", id, { kind: "playground" });
  return id;
}
