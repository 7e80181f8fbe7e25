import type { Client, Database } from "../database.ts";
import type { DesiredState, RunState } from "../generated/enums.ts";
import { appendEvents } from "./events.ts";
import type { WebhookEvent } from "../webhooks/events.ts";
import { tellWebhooks } from "../webhooks/tell.ts";
import { enqueue } from "./queue.ts";

/** The columns of a run that its state depends on. */
export interface RunRow {
  id: string;
  projectId: string;
  kind: string;
  name: string;
  state: RunState;
  desiredState: DesiredState;
  labels: string[];
  slots: number;
  priority: number;
  maxAttempts: number;
  attemptCount: number;
  parentId: string | null;
}

const COLUMNS = `id, "projectId", kind, name, state, "desiredState", labels, slots, priority, "maxAttempts", "attemptCount", "parentId"`;
export const ENDED: readonly RunState[] = ["SUCCEEDED", "FAILED", "CANCELLED"];
const ENDS: Partial<Record<RunState, WebhookEvent>> = {
  SUCCEEDED: "succeeded",
  FAILED: "failed",
  CANCELLED: "cancelled",
};
export const hasEnded = (state: RunState): boolean => ENDED.includes(state);

/** Locks a run until the transaction ends; undefined when it is gone or deleted. Runs are locked before their attempts. */
export async function lockRun(client: Client, id: string): Promise<RunRow | undefined> {
  const { rows } = await client.query<RunRow>(
    `SELECT ${COLUMNS} FROM "Run" WHERE id = $1 AND "deletedAt" IS NULL FOR UPDATE`,
    [id],
  );
  return rows[0];
}

/** Locks the children of a run, in one order for everybody. */
export async function lockChildren(client: Client, parentId: string): Promise<RunRow[]> {
  const { rows } = await client.query<RunRow>(
    `SELECT ${COLUMNS} FROM "Run" WHERE "parentId" = $1 AND "deletedAt" IS NULL ORDER BY position, id FOR UPDATE`,
    [parentId],
  );
  return rows;
}

/** Locks everything inside of a run, what is deepest first. */
export async function lockInside(client: Client, id: string): Promise<RunRow[]> {
  const { rows } = await client.query<RunRow>(
    `WITH RECURSIVE inside AS (
       SELECT id, 1 AS depth FROM "Run" WHERE "parentId" = $1 AND "deletedAt" IS NULL
       UNION ALL SELECT r.id, i.depth + 1 FROM "Run" r JOIN inside i ON r."parentId" = i.id WHERE r."deletedAt" IS NULL
     ) SELECT ${COLUMNS.replaceAll(/(^|, )/g, "$1r.")} FROM "Run" r JOIN inside i ON i.id = r.id ORDER BY i.depth DESC, r.position, r.id FOR UPDATE OF r`,
    [id],
  );
  return rows;
}

/**
 * Moves a run, which the caller has locked, to a state, and everything that follows from it: its queue, the runs that
 * read its outputs, its parent.
 */
export async function setState(
  db: Database,
  client: Client,
  run: RunRow,
  state: RunState,
  reason = "",
  { afterSeconds = 0 } = {},
): Promise<void> {
  await client.query(
    `UPDATE "Run" SET state = $2::"RunState", reason = $3,
       "startedAt" = CASE WHEN $2 = 'RUNNING' THEN coalesce("startedAt", now()) ELSE "startedAt" END,
       "endedAt" = CASE WHEN $4 THEN now() END
     WHERE id = $1`,
    [run.id, state, reason, hasEnded(state)],
  );
  run.state = state;
  await appendEvents(client, run.id, [{ type: "state", data: { state, reason } }]);
  if (run.parentId !== null) {
    const { id, name } = run;
    await appendEvents(client, run.parentId, [{ type: "child", data: { id, name, state } }]);
  }
  if (state === "QUEUED") await enqueue(db, client, run, afterSeconds);
  if (!hasEnded(state)) return;
  await tellWebhooks(client, run.id, ENDS[state]!);
  for (const consumer of await lockWaitingConsumers(client, run.id)) {
    if (state === "SUCCEEDED") await queueIfReady(db, client, consumer);
    else await setState(db, client, consumer, "CANCELLED", `${run.name} ended ${state}`);
  }
  if (run.parentId !== null) await endParent(db, client, run.parentId);
}

/** Queues a waiting run whose inputs are all there. */
export async function queueIfReady(db: Database, client: Client, run: RunRow): Promise<void> {
  const { rows } = await client.query(
    `SELECT 1 FROM "RunInput" i JOIN "Run" p ON p.id = i."producerId" WHERE i."runId" = $1 AND p.state <> 'SUCCEEDED' LIMIT 1`,
    [run.id],
  );
  if (rows.length === 0) await setState(db, client, run, "QUEUED");
}

async function lockWaitingConsumers(client: Client, producerId: string): Promise<RunRow[]> {
  const { rows } = await client.query<RunRow>(
    `SELECT ${COLUMNS} FROM "Run" WHERE state = 'WAITING' AND "deletedAt" IS NULL
       AND id IN (SELECT "runId" FROM "RunInput" WHERE "producerId" = $1) ORDER BY position, id FOR UPDATE`,
    [producerId],
  );
  return rows;
}

/** A parent ends when the last of its children has. */
async function endParent(db: Database, client: Client, parentId: string): Promise<void> {
  const parent = await lockRun(client, parentId);
  if (!parent || hasEnded(parent.state)) return;
  const { rows: children } = await client.query<{ name: string; state: RunState; reason: string }>(
    `SELECT name, state, reason FROM "Run" WHERE "parentId" = $1 AND "deletedAt" IS NULL ORDER BY position, id`,
    [parentId],
  );
  if (children.some(({ state }) => !hasEnded(state))) return;
  const failed = children.filter(({ state }) => state === "FAILED");
  if (failed.length > 0) {
    const names = failed.map(({ name }) => name).join(", ");
    const [first] = failed;
    const told = first!.reason === "" ? "" : `${failed.length > 1 ? `; ${first!.name}` : ""}: ${first!.reason}`;
    await setState(db, client, parent, "FAILED", `${names} failed${told}`);
  } else if (children.some(({ state }) => state === "CANCELLED"))
    await setState(
      db,
      client,
      parent,
      "CANCELLED",
      parent.desiredState === "CANCEL" ? "cancelled" : "a part was cancelled",
    );
  else await setState(db, client, parent, "SUCCEEDED");
}
