import { poolOf, type Database } from "../database.ts";

/** How many runs there are, by state. */
export async function countRuns(db: Database): Promise<{ state: string; count: number }[]> {
  const { rows } = await poolOf(db).query<{ state: string; count: number }>(
    `SELECT state, count(*) AS count FROM "Run" WHERE "deletedAt" IS NULL GROUP BY state`,
  );
  return rows;
}
