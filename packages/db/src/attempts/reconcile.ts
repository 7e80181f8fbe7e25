import { inTransaction, poolOf, type Database } from "../database.ts";
import { enqueue, ensureQueue, queueOf, type Queued } from "../runs/queue.ts";
import { lockRun } from "../runs/state.ts";
import { closeAttempt } from "./end.ts";
import type { LiveAttempt } from "./live.ts";
import { goOnAfterLoss } from "./loss.ts";

export interface Reconciled {
  lost: number;
  requeued: number;
}

/** Attempts whose lease ran out become LOST, and their runs are queued again, up to a limit. Safe to call at any time, in any process. */
export async function reconcile(db: Database): Promise<Reconciled> {
  const { rows } = await poolOf(db).query<{ id: string; runId: string }>(
    `SELECT id, "runId" FROM "Attempt" WHERE "endedAt" IS NULL AND "leaseUntil" < now() ORDER BY "leaseUntil" LIMIT 100`,
  );
  for (const { id } of rows) await loseAttempt(db, id, "no heartbeat", true);
  return { lost: rows.length, requeued: await requeueForgotten(db) };
}

/** Ends an attempt that nobody works on any more. With `onlyExpired`, a heartbeat that arrives in time saves it. */
export async function loseAttempt(db: Database, attemptId: string, reason: string, onlyExpired = false): Promise<void> {
  await inTransaction(db, async (client) => {
    const { rows: runs } = await client.query<{ runId: string }>(`SELECT "runId" FROM "Attempt" WHERE id = $1`, [
      attemptId,
    ]);
    const run = runs[0] && (await lockRun(client, runs[0].runId));
    const { rows } = await client.query<LiveAttempt>(
      `SELECT id, "runId", number FROM "Attempt" WHERE id = $1 AND "endedAt" IS NULL AND (NOT $2 OR "leaseUntil" < now()) FOR UPDATE`,
      [attemptId, onlyExpired],
    );
    const [attempt] = rows;
    if (!attempt) return;
    await closeAttempt(client, attempt, "LOST", reason);
    if (!run) return;
    await goOnAfterLoss(db, client, run, attempt.number, reason);
  });
}

/** A queued run without a job in its queue would wait for ever: versions before queued playgrounds among other runs. The run is right and the queue is not, so the run gets another job. */
async function requeueForgotten(db: Database): Promise<number> {
  const { rows } = await poolOf(db).query<Queued>(
    `SELECT r.id, r.kind, r.labels, r.slots, r.priority FROM "Run" r WHERE r.state = 'QUEUED' AND r."deletedAt" IS NULL
       AND NOT EXISTS (SELECT 1 FROM pgboss.job j WHERE j.data ->> 'runId' = r.id AND j.state IN ('created', 'retry')
         AND (r.kind <> 'playground' OR j.name LIKE 'playgrounds-%')) LIMIT 100`,
  );
  for (const queued of rows) {
    await ensureQueue(db, queueOf(queued));
    await inTransaction(db, async (client) => {
      const run = await lockRun(client, queued.id);
      if (run?.state === "QUEUED") await enqueue(db, client, run);
    });
  }
  return rows.length;
}
