import { PlaygroundJob } from "@uniarm/pipeline/schema";
import { audit, findPlayground, launchRun, type Database } from "@uniarm/db";

/** High, since somebody is waiting. */
const PRIORITY = 100;

export interface Wanted {
  projectId: string;
  model: string;
  /** checkpoint:ID; null: the base model alone */
  checkpoint: string | null;
  createdBy: string;
}

const opening = new Map<string, Promise<string>>();

/** The run that holds a model with an ARM, or soon will; one is launched where there is none. @returns its id */
export function playgroundRun(db: Database, wanted: Wanted): Promise<string> {
  const { projectId, model, checkpoint } = wanted;
  const key = JSON.stringify([projectId, model, checkpoint]);
  const known = opening.get(key); // two that ask at the same time get the same run
  if (known) return known;
  const found = findOrLaunch(db, wanted).finally(() => opening.delete(key));
  opening.set(key, found);
  return found;
}

async function findOrLaunch(db: Database, { createdBy, ...held }: Wanted): Promise<string> {
  const known = await findPlayground(db, held);
  if (known !== null) return known;
  const { projectId, model, checkpoint } = held;
  const config = PlaygroundJob.parse({ model, ...(checkpoint === null ? {} : { checkpoint }) });
  const run = { projectId, kind: "playground" as const, name: `playground ${model.slice(0, 150)}`, config, createdBy };
  const id = await launchRun(db, { ...run, priority: PRIORITY, maxAttempts: 2, useCache: false });
  await audit(db, createdBy || "local", "runs.launch", id, { kind: "playground" });
  return id;
}
