import { inTransaction, type Database } from "../database.ts";
import { appendEvents } from "../runs/events.ts";
import { runOf } from "./end.ts";

export interface AttemptProcess {
  pid: number | null;
  externalId: string | null;
  /** why it does not run yet; empty: it does */
  waits: string;
}

/** Notes the process of an attempt, as its launcher knows it, and at its run what it waits for. Does nothing where the attempt has ended. */
export async function noteProcess(
  db: Database,
  attemptId: string,
  { pid, externalId, waits }: AttemptProcess,
): Promise<void> {
  await inTransaction(db, async (client) => {
    const runId = await runOf(client, attemptId);
    const { rows } = await client.query<{ state: string; reason: string }>(
      `SELECT state, reason FROM "Run" WHERE id = $1 FOR UPDATE`, // runs are locked before attempts
      [runId],
    );
    const { rowCount } = await client.query(
      `UPDATE "Attempt" SET pid = $2, "externalId" = $3 WHERE id = $1 AND "endedAt" IS NULL`,
      [attemptId, pid, externalId],
    );
    const [run] = rows;
    if (!runId || rowCount === 0 || run?.state !== "RUNNING" || run.reason === waits) return;
    await client.query(`UPDATE "Run" SET reason = $2 WHERE id = $1`, [runId, waits]);
    await appendEvents(client, runId, [{ type: "state", data: { state: "RUNNING", reason: waits } }]);
  });
}
