import { poolOf, type Database } from "../database.ts";

/** Runs that changed, and up to when that is known. */
export interface ChangedRuns {
  ids: string[];
  until: Date;
}

/** Transactions may commit a little after the time that their events carry. */
const LATE_MS = 2000;
const MOST = 1000;

/**
 * The runs of a project that change, from a time of the database on: each call says which changed since the one before; null
 * where none did. Without a time it begins at the first call, which names none: the clocks of servers differ.
 */
export function changedRuns(db: Database, projectId: string, start: Date | null): () => Promise<ChangedRuns | null> {
  let since = start;
  /** changes at the end of what is known, by run: others may still come before them */
  let told = new Map<string, number>();
  let isFull = false;
  return async () => {
    if (since === null) {
      const { rows } = await poolOf(db).query<{ now: Date }>(`SELECT clock_timestamp() AS now`);
      since = rows[0]!.now;
      return { ids: [], until: since };
    }
    const { rows } = await poolOf(db).query<{ runId: string; time: Date }>(
      `SELECT e."runId", max(e.time) AS time FROM "RunEvent" e JOIN "Run" r ON r.id = e."runId"
       WHERE r."projectId" = $1 AND e.time > $2 GROUP BY e."runId" ORDER BY time LIMIT ${MOST}`,
      [projectId, isFull ? since : new Date(since.getTime() - LATE_MS)],
    );
    const ids = rows.filter(({ runId, time }) => told.get(runId) !== time.getTime()).map(({ runId }) => runId);
    told = new Map(rows.map(({ runId, time }) => [runId, time.getTime()]));
    isFull = rows.length === MOST;
    const last = rows.at(-1)?.time;
    if (last && last > since) since = last;
    return ids.length > 0 ? { ids, until: since } : null;
  };
}
