import { poolOf, type Database } from "../database.ts";
import type { RunChange } from "./events.ts";

export type NumberedChange = RunChange & { sequence: number; time: Date };

/** Most that one call answers; a subscriber asks again. */
const PAGE = 1000;

/** The changes of a run after a number, in order. */
export async function changesAfter(db: Database, runId: string, after: number): Promise<NumberedChange[]> {
  const { rows } = await poolOf(db).query<NumberedChange>(
    `SELECT sequence, type, data, time FROM "RunEvent" WHERE "runId" = $1 AND sequence > $2 ORDER BY sequence LIMIT ${PAGE}`,
    [runId, after],
  );
  return rows;
}
