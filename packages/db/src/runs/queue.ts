import { createHash } from "node:crypto";
import { bossIn, bossOf, type Client, type Database } from "../database.ts";
import { notify } from "../notify.ts";

/** What decides where a run waits. */
export interface Queued {
  id: string;
  labels: readonly string[];
  slots: number;
  priority: number;
}

/** Runs that need the same of a worker wait in one queue: whoever may take one may take any. */
export function queueOf(labels: readonly string[], slots: number): string {
  const needs = [...new Set(labels)].sort().join(",");
  if (needs === "") return `runs-${slots}`;
  return `runs-${slots}-${createHash("sha256").update(needs).digest("hex").slice(0, 16)}`;
}

/** Before the transaction that enqueues: making a queue takes locks of its own. */
export async function ensureQueue(db: Database, queue: string): Promise<void> {
  if (!(await bossOf(db).getQueue(queue))) await bossOf(db).createQueue(queue);
}

/** Puts a run in its queue, in the transaction that made it wait there; claims wake up when that commits. */
export async function enqueue(
  db: Database,
  client: Client,
  { id, labels, slots, priority }: Queued,
  afterSeconds = 0,
): Promise<void> {
  await bossOf(db).send(
    queueOf(labels, slots),
    { runId: id },
    { priority, ...(afterSeconds > 0 ? { startAfter: afterSeconds } : {}), ...bossIn(client) },
  );
  await notify(client, ["queue"]);
}
