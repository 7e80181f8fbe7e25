import { BUCKET_WIDTHS, type Database } from "@uniarm/db";
import { poolOf } from "@uniarm/db/testing";
import { LONG_KEY, spreadOf, studiesOf, type LoadSize } from "./size.ts";

export const PROJECT = "load";
const GROUPS = 50;
const BATCH_RUNS = 100;

/**
 * Fills a database set by set, a transaction for each stretch of runs: what exists already is skipped.
 * Summaries and buckets are those that the store would have kept for the same points.
 */
export async function generate(db: Database, size: LoadSize, onProgress: (pointsDone: number) => void): Promise<void> {
  const pool = poolOf(db);
  await pool.query(`INSERT INTO "Project" (id, name) VALUES ('load', $1) ON CONFLICT DO NOTHING`, [PROJECT]);
  await pool.query(
    `INSERT INTO "Group" (id, "projectId", name) SELECT 'sweep' || n, 'load', 'sweep ' || n FROM generate_series(0, $1 - 1) n ON CONFLICT DO NOTHING`,
    [GROUPS],
  );
  const { rows } = await pool.query<{ done: number }>(
    `SELECT count(*) AS done FROM "Run" WHERE "projectId" = 'load' AND kind = 'train' AND "parentId" IS NULL`,
  );
  const { long } = spreadOf(size);
  for (let from = rows[0]!.done; from < size.runs;) {
    const end = from < long.runs ? from + 1 : Math.min(size.runs, from + BATCH_RUNS);
    await addRuns(db, size, from, end);
    from = end;
    onProgress(pointsUpTo(size, from));
  }
  const { studies, runsInside } = studiesOf(size);
  await pool.query(STUDIES, [studies]);
  await pool.query(RUNS_INSIDE, [studies, runsInside]);
  await pool.query(
    `SELECT setval(pg_get_serial_sequence('"MetricSeries"', 'id'), greatest($1, (SELECT max(id) FROM "MetricSeries")))`,
    [size.runs * size.keys],
  );
}

/** Points of the first runs. */
export function pointsUpTo(size: LoadSize, runs: number): number {
  const { long, medium, rest } = spreadOf(size);
  const mediumRuns = Math.max(0, Math.min(runs - long.runs, medium.runs));
  return Math.min(runs, long.runs) * long.points + mediumRuns * medium.points + Math.floor((rest * runs) / size.runs);
}

/** Runs `from` to before `end` with all they have. */
async function addRuns(db: Database, size: LoadSize, from: number, end: number): Promise<void> {
  const client = await poolOf(db).connect();
  try {
    await client.query("BEGIN");
    await client.query("SET LOCAL synchronous_commit = off");
    await client.query("SET LOCAL work_mem = '128MB'");
    await client.query("SELECT setseed($1)", [from / size.runs]);
    await client.query(RUNS, [from, end]);
    await client.query(ATTEMPTS, [from, end]);
    await client.query(pointsSql(size, from, end));
    await client.query(SERIES, [size.keys, from, end]);
    await client.query(POINTS);
    await client.query(BUCKETS);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

const RUN_ID = `substr(md5('load ' || n), 1, 12)`;

/** One in ten failed, one in twenty was cancelled; a run every quarter of an hour. */
const RUNS = `
  INSERT INTO "Run" (id, "projectId", "groupId", kind, name, state, reason, config, "configHash", "inputHash", tags, notes,
    "attemptCount", "createdBy", "createdAt", "startedAt", "endedAt")
  SELECT ${RUN_ID}, 'load', 'sweep' || n % ${GROUPS}, 'train', 'train ' || n,
    (CASE WHEN n % 10 = 3 THEN 'FAILED' WHEN n % 20 = 7 THEN 'CANCELLED' ELSE 'SUCCEEDED' END)::"RunState",
    CASE WHEN n % 10 = 3 THEN 'The loss is not finite at step ' || n ELSE '' END,
    jsonb_build_object('model', '/models/llama-' || n % 4, 'pairs', 'dataset:preferences-' || n % 9, 'output', 'output', 'seed', n % 5,
      'adapter', jsonb_build_object('type', 'moslora', 'rank', 4 * (1 + n % 4), 'alpha', 16, 'targets', jsonb_build_array('q', 'k', 'v')),
      'objectives', jsonb_build_array(jsonb_build_object('name', 'helpful', 'description', 'answers what is asked'),
        jsonb_build_object('name', 'harmless', 'description', 'does no harm')),
      'optimizer', jsonb_build_object('learningRate', 0.0001 * (1 + n % 50), 'warmupSteps', 100, 'weightDecay', 0.01, 'steps', 1000 * (1 + n % 7)),
      'batch', jsonb_build_object('size', 8 * (1 + n % 3), 'maxTokens', 512)),
    md5('config ' || n), md5('input ' || n), ARRAY['seed-' || n % 5, 'sweep-' || n % ${GROUPS}], '',
    1, 'load', at, at + interval '5 seconds', at + interval '10 minutes'
  FROM generate_series($1::int, $2::int - 1) n, LATERAL (SELECT timestamptz '2026-01-01' + n * interval '15 minutes' AS at) t`;

/** A study for each day, and its runs in the order of its graph: without metrics of their own. */
const STUDIES = `
  INSERT INTO "Run" (id, "projectId", kind, name, state, config, "configHash", "inputHash", "createdBy", "createdAt", "startedAt", "endedAt")
  SELECT substr(md5('study ' || s), 1, 12), 'load', 'study', 'study ' || s, 'SUCCEEDED', '{}', md5('study ' || s), md5('study ' || s),
    'load', at, at, at + interval '1 hour'
  FROM generate_series(0, $1::int - 1) s, LATERAL (SELECT timestamptz '2026-01-01' + s * interval '6 hours' AS at) t ON CONFLICT DO NOTHING`;

const RUNS_INSIDE = `
  INSERT INTO "Run" (id, "projectId", "parentId", position, kind, name, state, config, "configHash", "inputHash", tags, "attemptCount",
    "createdBy", "createdAt", "startedAt", "endedAt")
  SELECT substr(md5('inside ' || s || ' ' || n), 1, 12), 'load', substr(md5('study ' || s), 1, 12), n,
    (ARRAY['pairs', 'train', 'decode', 'score', 'evaluate'])[1 + n % 5], 'method ' || n / 5 || ' ' || n, 'SUCCEEDED',
    jsonb_build_object('seed', n % 5), md5('inside ' || n), md5('inside ' || n), ARRAY['seed-' || n % 5], 1, 'load', at, at, at + interval '5 minutes'
  FROM generate_series(0, $1::int - 1) s, generate_series(0, $2::int - 1) n,
    LATERAL (SELECT timestamptz '2026-01-01' + s * interval '6 hours' + n * interval '5 minutes' AS at) t ON CONFLICT DO NOTHING`;

const ATTEMPTS = `
  INSERT INTO "Attempt" (id, "runId", number, state, "workerId", launcher, host, "heartbeatAt", "leaseUntil", "startedAt", "endedAt")
  SELECT r.id, r.id, 1, r.state::text::"AttemptState", 'load', 'local-process', 'load', r."endedAt", r."endedAt", r."startedAt", r."endedAt"
  FROM generate_series($1::int, $2::int - 1) n JOIN "Run" r ON r.id = ${RUN_ID}`;

/** The points of these runs in a table of this transaction: noise around a curve that falls. */
function pointsSql(size: LoadSize, from: number, end: number): string {
  const { long, medium, rest } = spreadOf(size);
  const series = size.runs * size.keys;
  return `
    CREATE TEMPORARY TABLE batch ON COMMIT DROP AS
    SELECT s AS series, step, (1 + s % 7) / (1 + step * 0.0005) + 0.2 * random() AS value
    FROM generate_series(${from * size.keys}::bigint, ${end * size.keys - 1}::bigint) AS s,
      LATERAL (SELECT (s + 1) * ${rest} / ${series} - s * ${rest} / ${series} + CASE
        WHEN s % ${size.keys} > 0 THEN 0
        WHEN s / ${size.keys} < ${long.runs} THEN ${long.points}
        WHEN s / ${size.keys} < ${long.runs + medium.runs} THEN ${medium.points} ELSE 0 END AS points) c,
      generate_series(0::bigint, points - 1) AS step`;
}

const SERIES = `
  INSERT INTO "MetricSeries" (id, "runId", key, last, "lastStep", min, max, count)
  SELECT series + 1, ${RUN_ID}, CASE WHEN series % $1 = 0 THEN '${LONG_KEY}' ELSE 'metric/' || lpad((series % $1)::text, 3, '0') END,
    last, "lastStep", min, max, count
  FROM (SELECT series, series / $1 AS n, (array_agg(value ORDER BY step DESC))[1] AS last, max(step) AS "lastStep", min(value), max(value), count(*)
    FROM batch WHERE series >= $1::bigint * $2 AND series < $1::bigint * $3 GROUP BY series) sums ORDER BY series`;

const POINTS = `
  INSERT INTO "MetricPoint" ("seriesId", step, attempt, value, time)
  SELECT series + 1, step, 1, value, timestamptz '2026-01-01' + step * interval '100 milliseconds' FROM batch ORDER BY series, step`;

const BUCKETS = `
  INSERT INTO "MetricBucket" ("seriesId", width, bucket, attempt, count, sum, min, max)
  SELECT series + 1, width, step / width, 1, count(*), sum(value), min(value), max(value)
  FROM batch, unnest(ARRAY[${BUCKET_WIDTHS.join(", ")}]) AS width GROUP BY series, width, step / width ORDER BY 1, 2, 3`;
