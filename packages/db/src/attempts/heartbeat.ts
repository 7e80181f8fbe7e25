import { poolOf, type Database } from "../database.ts";

export interface Pulse {
  attemptId: string;
  /** the run is to be stopped with a checkpoint */
  cancel: boolean;
  /** no longer the live attempt: its process is to be killed */
  stale: boolean;
}

/** Extends the leases of a worker's attempts and says what became of each. */
export async function heartbeat(db: Database, attemptIds: readonly string[], leaseSeconds: number): Promise<Pulse[]> {
  if (attemptIds.length === 0) return [];
  const { rows } = await poolOf(db).query<{ id: string; desiredState: string }>(
    `UPDATE "Attempt" a SET "heartbeatAt" = now(), "leaseUntil" = now() + make_interval(secs => $2) FROM "Run" r
     WHERE a.id = ANY ($1) AND a."endedAt" IS NULL AND r.id = a."runId" RETURNING a.id, r."desiredState"`,
    [attemptIds, leaseSeconds],
  );
  const live = new Map(rows.map((row) => [row.id, row]));
  return attemptIds.map((attemptId) => ({
    attemptId,
    cancel: live.get(attemptId)?.desiredState === "CANCEL",
    stale: !live.has(attemptId),
  }));
}
