import { inTransaction, poolOf, type Database } from "../database.ts";
import { notify } from "../notify.ts";

/** So long a playground that was told to end is waited for, before another is told. */
const ENDING_SECONDS = 10;

/** The attempt that asked for a run's orders last. */
export async function playgroundHolder(db: Database, runId: string): Promise<string | null> {
  const { rows } = await poolOf(db).query<{ attemptId: string | null }>(
    `SELECT "attemptId" FROM "PlaygroundHold" WHERE "runId" = $1`,
    [runId],
  );
  return rows[0]?.attemptId ?? null;
}

/** Whether any attempt holds a model. */
export async function arePlaygroundsHeld(db: Database): Promise<boolean> {
  const { rowCount } = await poolOf(db).query(
    `SELECT 1 FROM "PlaygroundHold" h JOIN "Attempt" a ON a.id = h."attemptId" WHERE a."endedAt" IS NULL LIMIT 1`,
  );
  return rowCount === 1;
}

/** Tells that of these runs' attempts which was not asked for longest, and not for so long, to end. @returns its run; null where none may, or one is about to */
export async function releasePlayground(
  db: Database,
  runIds: readonly string[],
  idleSeconds: number,
): Promise<string | null> {
  return inTransaction(db, async (client) => {
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('playground release'))`); // each server looks by itself
    const { rowCount: ending } = await client.query(
      `SELECT 1 FROM "PlaygroundHold" WHERE "runId" = ANY ($1) AND "releasedAt" > now() - interval '${ENDING_SECONDS} seconds'`,
      [runIds],
    );
    if (ending !== 0) return null;
    const { rows } = await client.query<{ runId: string }>(
      `UPDATE "PlaygroundHold" SET "releasedAt" = now(), "releaseSeen" = false WHERE "runId" = (
         SELECT h."runId" FROM "PlaygroundHold" h
         WHERE h."runId" = ANY ($1) AND h."attemptId" IS NOT NULL AND h."usedAt" <= now() - make_interval(secs => $2)
           AND NOT EXISTS (SELECT 1 FROM "PlaygroundRequest" r WHERE r."runId" = h."runId" AND NOT r."isCancelled" AND r."heardUntil" > now())
         ORDER BY h."usedAt" LIMIT 1)
       RETURNING "runId"`,
      [runIds, idleSeconds],
    );
    const [released] = rows;
    if (!released) return null;
    await notify(client, [`orders:${released.runId}`]);
    return released.runId;
  });
}
