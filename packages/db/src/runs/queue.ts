import { createHash } from "node:crypto";
import { bossIn, bossOf, type Client, type Database } from "../database.ts";
import { notify } from "../notify.ts";

/** What decides in which queue a run waits, and where in it. */
export interface Queued {
  id: string;
  kind: string;
  labels: readonly string[];
  slots: number;
  priority: number;
}

/** Kinds that some workers cannot run, whatever they offer. */
const APART: ReadonlySet<string> = new Set(["playground"]);

/** Runs that need the same of a worker wait in one queue: a worker that can take one of them can take all. */
export function queueOf({ kind, labels, slots }: Pick<Queued, "kind" | "labels" | "slots">): string {
  const needs = [...new Set(labels)].sort().join(",");
  const queue = `${APART.has(kind) ? kind : "run"}s-${slots}`;
  if (needs === "") return queue;
  return `${queue}-${createHash("sha256").update(needs).digest("hex").slice(0, 16)}`;
}

/** Called before the transaction that enqueues: making a queue takes locks of its own. */
export async function ensureQueue(db: Database, queue: string): Promise<void> {
  if (!(await bossOf(db).getQueue(queue))) await bossOf(db).createQueue(queue);
}

/** Puts a run in its queue, in the transaction that changes its state; waiting claims wake up when that commits. */
export async function enqueue(
  db: Database,
  client: Client,
  { id, priority, ...needs }: Queued,
  afterSeconds = 0,
): Promise<void> {
  await bossOf(db).send(
    queueOf(needs),
    { runId: id },
    { priority, ...(afterSeconds > 0 ? { startAfter: afterSeconds } : {}), ...bossIn(client) },
  );
  await notify(client, ["queue"]);
}
