import type { Client, Database } from "../database.ts";
import { setState, type RunRow } from "../runs/state.ts";

const BACKOFF_SECONDS = 2;

/** A run whose attempt was lost goes back to its queue, after a longer wait each time, until it has lost too many. */
export async function goOnAfterLoss(
  db: Database,
  client: Client,
  run: RunRow,
  number: number,
  reason: string,
): Promise<void> {
  if (run.desiredState === "CANCEL") {
    await setState(db, client, run, "CANCELLED", `cancelled; attempt ${number} was lost (${reason})`);
    return;
  }
  const lost = await lostSoFar(client, run.id);
  if (lost < run.maxAttempts) {
    const afterSeconds = lost > 1 ? Math.min(60, BACKOFF_SECONDS ** (lost - 1)) : 0;
    await setState(db, client, run, "QUEUED", `attempt ${number} was lost (${reason})`, { afterSeconds });
    return;
  }
  const advice = `Find the cause, then resume it: uniarm runs resume ${run.id}`;
  await setState(db, client, run, "FAILED", `${lost} attempts were lost, the last one: ${reason}. ${advice}`);
}

/** Since somebody last resumed the run. */
async function lostSoFar(client: Client, runId: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*) AS count FROM "Attempt" a JOIN "Run" r ON r.id = a."runId"
     WHERE a."runId" = $1 AND a.state = 'LOST' AND a."startedAt" >= coalesce(r."resumedAt", r."createdAt")`,
    [runId],
  );
  return rows[0]!.count;
}
