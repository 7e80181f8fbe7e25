import { poolOf, type Database } from "../database.ts";

/** A metric of several runs. */
export interface MetricName {
  key: string;
  /** runs that have it */
  runs: number;
  /** most points that one of them has */
  points: number;
}

/** The metrics that any of these runs has, each once, by name; and how many there are. */
export async function listMetricNames(
  db: Database,
  runIds: readonly string[],
  most: number,
): Promise<{ names: MetricName[]; total: number }> {
  const { rows } = await poolOf(db).query<MetricName & { total: number }>(
    `SELECT key, count(*)::int AS runs, max(s.count)::float8 AS points, (count(*) OVER ())::int AS total
     FROM "Run" r JOIN "MetricSeries" s ON s."runId" = coalesce(r."cachedFromId", r.id)
     WHERE r.id = ANY ($1) GROUP BY key ORDER BY key COLLATE "C" LIMIT $2`,
    [runIds, most],
  );
  return { names: rows.map(({ total: _, ...name }) => name), total: rows[0]?.total ?? 0 };
}
