import type { Client } from "../database.ts";

/** Steps that a bucket of each level sums up: eight buckets of the level before, so that a drawn slot takes few. */
export const BUCKET_WIDTHS = [64, 512, 4096] as const;

export interface Point {
  key: string;
  step: number;
  value: number;
  /** milliseconds since 1970 */
  time: number;
}

interface Summary {
  last: number;
  lastStep: number;
  min: number | null;
  max: number | null;
  count: number;
  nonFinite: number;
}

/** Stores points of one attempt, with their summaries and buckets. A step that a key already has in this attempt keeps its newest value. */
export async function storePoints(
  client: Client,
  runId: string,
  attempt: number,
  points: readonly Point[],
): Promise<void> {
  if (points.length === 0) return;
  const unique = [...new Map(points.map((point) => [`${point.step} ${point.key}`, point])).values()];
  const ids = await upsertSeries(client, runId, unique);
  const rows = unique.map((point) => ({ ...point, id: ids.get(point.key)! }));
  await client.query(
    `INSERT INTO "MetricPoint" ("seriesId", step, attempt, value, time)
     SELECT s, t, $3, v, to_timestamp(m / 1000.0) FROM unnest($1::int[], $2::bigint[], $4::float8[], $5::float8[]) AS p (s, t, v, m)
     ON CONFLICT ("seriesId", step, attempt) DO UPDATE SET value = excluded.value, time = excluded.time`,
    [
      rows.map(({ id }) => id),
      rows.map(({ step }) => step),
      attempt,
      rows.map(({ value }) => value),
      rows.map(({ time }) => time),
    ],
  );
  await upsertBuckets(client, attempt, rows);
}

async function upsertSeries(client: Client, runId: string, points: readonly Point[]): Promise<Map<string, number>> {
  const summaries = new Map<string, Summary>();
  for (const { key, step, value } of points) {
    const found = summaries.get(key) ?? { last: value, lastStep: step, min: null, max: null, count: 0, nonFinite: 0 };
    if (step >= found.lastStep) Object.assign(found, { last: value, lastStep: step });
    if (Number.isFinite(value)) {
      found.min = Math.min(found.min ?? value, value);
      found.max = Math.max(found.max ?? value, value);
    } else found.nonFinite += 1;
    found.count += 1;
    summaries.set(key, found);
  }
  const keys = [...summaries.keys()].sort(); // one order for everybody: no deadlocks
  const column = <Name extends keyof Summary>(name: Name): Summary[Name][] =>
    keys.map((key) => summaries.get(key)![name]);
  const { rows } = await client.query<{ id: number; key: string }>(
    `INSERT INTO "MetricSeries" AS m ("runId", key, last, "lastStep", min, max, count, "nonFinite")
     SELECT $1, * FROM unnest($2::text[], $3::float8[], $4::bigint[], $5::float8[], $6::float8[], $7::bigint[], $8::bigint[])
     ON CONFLICT ("runId", key) DO UPDATE SET
       last = CASE WHEN excluded."lastStep" >= m."lastStep" THEN excluded.last ELSE m.last END,
       "lastStep" = greatest(m."lastStep", excluded."lastStep"),
       min = least(m.min, excluded.min), max = greatest(m.max, excluded.max),
       count = m.count + excluded.count, "nonFinite" = m."nonFinite" + excluded."nonFinite", "updatedAt" = now()
     RETURNING id, key`,
    [
      runId,
      keys,
      column("last"),
      column("lastStep"),
      column("min"),
      column("max"),
      column("count"),
      column("nonFinite"),
    ],
  );
  return new Map(rows.map(({ id, key }) => [key, id]));
}

async function upsertBuckets(
  client: Client,
  attempt: number,
  points: readonly (Point & { id: number })[],
): Promise<void> {
  const sums = new Map<
    string,
    { id: number; width: number; bucket: number; count: number; sum: number; min: number; max: number }
  >();
  for (const { id, step, value } of points) {
    if (!Number.isFinite(value)) continue;
    for (const width of BUCKET_WIDTHS) {
      const bucket = Math.floor(step / width);
      const name = `${id} ${width} ${bucket}`;
      const found = sums.get(name);
      if (!found) sums.set(name, { id, width, bucket, count: 1, sum: value, min: value, max: value });
      else {
        found.count += 1;
        found.sum += value;
        if (value < found.min) found.min = value;
        if (value > found.max) found.max = value;
      }
    }
  }
  const rows = [...sums.values()].sort(
    (one, other) => one.id - other.id || one.width - other.width || one.bucket - other.bucket,
  );
  if (rows.length === 0) return;
  await client.query(
    `INSERT INTO "MetricBucket" AS b ("seriesId", width, bucket, attempt, count, sum, min, max)
     SELECT s, w, k, $4, c, t, l, h FROM unnest($1::int[], $2::int[], $3::bigint[], $5::int[], $6::float8[], $7::float8[], $8::float8[]) AS n (s, w, k, c, t, l, h)
     ON CONFLICT ("seriesId", width, bucket, attempt) DO UPDATE SET
       count = b.count + excluded.count, sum = b.sum + excluded.sum, min = least(b.min, excluded.min), max = greatest(b.max, excluded.max)`,
    [
      rows.map(({ id }) => id),
      rows.map(({ width }) => width),
      rows.map(({ bucket }) => bucket),
      attempt,
      rows.map(({ count }) => count),
      rows.map(({ sum }) => sum),
      rows.map(({ min }) => min),
      rows.map(({ max }) => max),
    ],
  );
}

/**
 * Summaries of a run whose newest attempt went back to an earlier step: what came after it is superseded and counts no more.
 * Called when that attempt starts.
 */
export async function resummarise(client: Client, runId: string): Promise<void> {
  await client.query(
    `WITH cut AS (
       SELECT a.number, (SELECT min(b."resumedFromStep") FROM "Attempt" b WHERE b."runId" = a."runId" AND b.number > a.number) AS last
       FROM "Attempt" a WHERE a."runId" = $1
     ), kept AS (
       SELECT s.id, p.step, p.value FROM "MetricSeries" s LEFT JOIN "MetricPoint" p ON p."seriesId" = s.id
         AND p.step <= (SELECT coalesce(cut.last, 9e18) FROM cut WHERE cut.number = p.attempt)
       WHERE s."runId" = $1
     ), finite AS (
       SELECT id, step, value, value NOT IN ('NaN', 'Infinity', '-Infinity') AS ok FROM kept
     ), sums AS (
       SELECT id, coalesce((array_agg(value ORDER BY step DESC) FILTER (WHERE step IS NOT NULL))[1], 'NaN') AS last, coalesce(max(step), -1) AS "lastStep",
         min(value) FILTER (WHERE ok) AS min, max(value) FILTER (WHERE ok) AS max, count(step) AS count, count(step) FILTER (WHERE NOT ok) AS "nonFinite"
       FROM finite GROUP BY id
     )
     UPDATE "MetricSeries" m SET last = sums.last, "lastStep" = sums."lastStep", min = sums.min, max = sums.max, count = sums.count, "nonFinite" = sums."nonFinite"
     FROM sums WHERE sums.id = m.id`,
    [runId],
  );
}
