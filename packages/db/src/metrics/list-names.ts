import { poolOf, type Database } from "../database.ts";
import { measuredRuns } from "./measured-runs.ts";

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
  const measured = [...(await measuredRuns(db, runIds))];
  const { rows } = await poolOf(db).query<MetricName & { total: number }>(
    `SELECT key, sum(own.runs)::int AS runs, max(s.count)::float8 AS points, (count(*) OVER ())::int AS total
     FROM "MetricSeries" s JOIN unnest($1::text[], $2::int[]) AS own (id, runs) ON own.id = s."runId"
     WHERE s."runId" = ANY ($1) GROUP BY key ORDER BY key COLLATE "C" LIMIT $3`,
    [measured.map(([id]) => id), measured.map(([, runs]) => runs.length), most],
  );
  return { names: rows.map(({ total: _, ...name }) => name), total: rows[0]?.total ?? 0 };
}
