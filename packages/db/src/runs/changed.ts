import { poolOf, type Database } from "../database.ts";

/** Runs that changed, and up to when that is known. */
export interface ChangedRuns {
  ids: string[];
  until: Date;
}

/** Transactions may commit a little after the time that their events carry. */
const LATE_MS = 2000;
const MOST = 1000;

/** The runs of a project that changed since then; null where none did. */
export async function changedRuns(db: Database, projectId: string, since: Date): Promise<ChangedRuns | null> {
  const { rows } = await poolOf(db).query<{ runId: string; time: Date }>(
    `SELECT e."runId", max(e.time) AS time FROM "RunEvent" e JOIN "Run" r ON r.id = e."runId"
     WHERE r."projectId" = $1 AND e.time > $2 GROUP BY e."runId" ORDER BY time LIMIT ${MOST}`,
    [projectId, new Date(since.getTime() - LATE_MS)],
  );
  const last = rows.at(-1)?.time;
  return last && last > since ? { ids: rows.map(({ runId }) => runId), until: last } : null;
}
