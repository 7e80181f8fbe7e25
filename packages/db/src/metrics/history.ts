import type { Database } from "../database.ts";
import { lttb } from "./lttb.ts";
import { BUCKET_WIDTHS } from "./store.ts";

export interface HistoryQuery {
  runIds: readonly string[];
  keys: readonly string[];
  fromStep?: number | undefined;
  toStep?: number | undefined;
  /** most points of a series */
  points?: number | undefined;
  /** buckets: min, max and mean of equal stretches of steps; lttb: points that keep the shape (Steinarsson 2013) */
  method?: "buckets" | "lttb" | undefined;
}

/** One metric of one run, as columns of equal length. */
export interface Series {
  runId: string;
  key: string;
  /** whether these are the points themselves */
  exact: boolean;
  /** points that they stand for */
  total: number;
  step: number[];
  value: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
  count: number[];
  /** of exact points: milliseconds since 1970 */
  time?: number[];
  /** NaN and infinities, the first 1,000 */
  nonFinite: { step: number; value: string }[];
}

/** What an attempt contributes: its points up to `last`, where a later attempt took over. */
interface Segment {
  attempt: number;
  last: number | null;
}

interface Source {
  id: number;
  runId: string;
  key: string;
  count: number;
  lastStep: number;
}

const FEW = 4;

/** Histories of many runs and keys at once, thinned out on the server. Points that a later attempt superseded are left out. */
export async function metricHistory(db: Pick<Database, "pool">, query: HistoryQuery): Promise<Series[]> {
  const { rows: sources } = await db.pool.query<Source & { segments: Segment[] }>(
    `SELECT s.id, s."runId", s.key, s.count, s."lastStep", coalesce((SELECT json_agg(json_build_object('attempt', a.number, 'last',
       (SELECT min(b."resumedFromStep") FROM "Attempt" b WHERE b."runId" = a."runId" AND b.number > a.number)) ORDER BY a.number)
       FROM "Attempt" a WHERE a."runId" = s."runId"), '[]') AS segments
     FROM "MetricSeries" s WHERE s."runId" = ANY ($1) AND s.key = ANY ($2) ORDER BY s."runId", s.key`,
    [query.runIds, query.keys],
  );
  return Promise.all(sources.map((source) => seriesOf(db, source, query)));
}

async function seriesOf(
  db: Pick<Database, "pool">,
  source: Source & { segments: Segment[] },
  query: HistoryQuery,
): Promise<Series> {
  const { fromStep = 0, toStep = source.lastStep, points = 1000, method = "buckets" } = query;
  const range = { from: fromStep, to: toStep };
  const share = source.lastStep > 0 ? Math.min(1, (toStep - fromStep + 1) / (source.lastStep + 1)) : 1;
  const expected = source.count * share;
  if (method === "lttb") {
    const exact = expected <= points * 50 ? await exactPoints(db, source, range, points * 60) : null;
    const candidates = exact ?? (await extremes(db, source, range, points * FEW));
    return thinned(source, candidates, points, exact !== null);
  }
  if (expected <= points * 1.5) {
    const exact = await exactPoints(db, source, range, points * 2);
    if (exact && exact.length <= points) return ofPoints(source, exact);
  }
  return bucketed(db, source, range, points);
}

interface Exact {
  step: number;
  value: number;
  time: number;
}

/** The condition that a point of alias `p` counts. */
const counts = (segments: readonly Segment[]): string =>
  segments.length === 0
    ? "TRUE"
    : `(${segments.map(({ attempt, last }) => `p.attempt = ${Number(attempt)}${last === null ? "" : ` AND p.step <= ${Number(last)}`}`).join(" OR ")})`;

/** Null when there are more than `limit`. */
async function exactPoints(
  db: Pick<Database, "pool">,
  { id, segments }: Source & { segments: Segment[] },
  range: { from: number; to: number },
  limit: number,
): Promise<Exact[] | null> {
  const { rows } = await db.pool.query<Exact>(
    `SELECT step, value, (extract(epoch FROM time) * 1000)::float8 AS time FROM "MetricPoint" p
     WHERE "seriesId" = $1 AND step BETWEEN $2 AND $3 AND ${counts(segments)} ORDER BY step, attempt LIMIT $4`,
    [id, range.from, range.to, limit + 1],
  );
  return rows.length > limit ? null : rows;
}

const isFinite = Number.isFinite;
const nonFiniteOf = (points: readonly Exact[]): Series["nonFinite"] =>
  points
    .filter(({ value }) => !isFinite(value))
    .slice(0, 1000)
    .map(({ step, value }) => ({ step, value: String(value) }));

function ofPoints({ runId, key }: Source, points: readonly Exact[]): Series {
  const value = points.map((point) => (isFinite(point.value) ? point.value : null));
  return {
    ...{
      runId,
      key,
      exact: true,
      total: points.length,
      step: points.map(({ step }) => step),
      value,
      min: value,
      max: value,
    },
    ...{ count: points.map(() => 1), time: points.map(({ time }) => time), nonFinite: nonFiniteOf(points) },
  };
}

function thinned(source: Source, candidates: readonly Exact[], points: number, exact: boolean): Series {
  const finite = candidates.filter(({ value }) => isFinite(value));
  const kept = lttb(finite, points);
  return {
    ...ofPoints(source, kept),
    exact: exact && finite.length <= points,
    total: source.count,
    nonFinite: nonFiniteOf(candidates),
  };
}

/** Rows of sums over stretches of `width` steps that lie inside the range and inside what each attempt contributes; the ends come from the points. */
function sumsSql({ segments }: { segments: Segment[] }, range: { from: number; to: number }, width: number): string {
  const parts = (segments.length > 0 ? segments : [{ attempt: null, last: null }]).map(({ attempt, last }) => {
    const to = Math.min(range.to, last ?? range.to);
    const firstBucket = Math.ceil(range.from / width);
    const endBucket = Math.floor((to + 1) / width); // excluded
    const own = attempt === null ? "" : `AND p.attempt = ${Number(attempt)}`;
    const raw = (low: number, high: number): string =>
      `SELECT step::float8 AS at, 1 AS count, value AS sum, value AS min, value AS max FROM "MetricPoint" p
       WHERE "seriesId" = $1 AND step BETWEEN ${low} AND ${high} ${own} AND value NOT IN ('NaN', 'Infinity', '-Infinity')`;
    if (endBucket <= firstBucket) return raw(range.from, to);
    return [
      raw(range.from, firstBucket * width - 1),
      `SELECT bucket::float8 * ${width} + ${(width - 1) / 2} AS at, count, sum, min, max FROM "MetricBucket" p
       WHERE "seriesId" = $1 AND width = ${width} AND bucket >= ${firstBucket} AND bucket < ${endBucket} ${own}`,
      raw(endBucket * width, to),
    ].join(" UNION ALL ");
  });
  return parts.join(" UNION ALL ");
}

async function bucketed(
  db: Pick<Database, "pool">,
  source: Source & { segments: Segment[] },
  range: { from: number; to: number },
  points: number,
): Promise<Series> {
  const finest = (range.to - range.from + 1) / points;
  // stretches at least as fine as what is drawn; raw points where even the finest are too coarse
  const width = [...BUCKET_WIDTHS].reverse().find((one) => one <= finest) ?? null;
  // whole stretches of sums fall into each of what is drawn
  const size = width === null ? finest : Math.ceil(finest / width) * width;
  const origin = width === null ? range.from : Math.floor(range.from / width) * width;
  const rows = width === null ? rawSql(source, range) : sumsSql(source, range, width);
  const { rows: slots } = await db.pool.query<{ slot: number; count: number; mean: number; min: number; max: number }>(
    `SELECT floor((at - $2) / $3)::float8 AS slot, sum(count) AS count, sum(sum) / sum(count) AS mean, min(min) AS min, max(max) AS max
     FROM (${rows}) AS sums GROUP BY 1 ORDER BY 1`,
    [source.id, origin, size],
  );
  const special = await db.pool.query<{ step: number; value: number }>(
    `SELECT step, value FROM "MetricPoint" p WHERE "seriesId" = $1 AND step BETWEEN $2 AND $3 AND value IN ('NaN', 'Infinity', '-Infinity') AND ${counts(source.segments)}
       AND EXISTS (SELECT 1 FROM "MetricSeries" s WHERE s.id = $1 AND s."nonFinite" > 0) ORDER BY step LIMIT 1000`,
    [source.id, range.from, range.to],
  );
  return {
    ...{
      runId: source.runId,
      key: source.key,
      exact: false,
      total: slots.reduce((sum, { count }) => sum + Number(count), 0),
    },
    step: slots.map(({ slot }) => Math.round(origin + (slot + 0.5) * size)),
    ...{ value: slots.map(({ mean }) => mean), min: slots.map(({ min }) => min), max: slots.map(({ max }) => max) },
    ...{
      count: slots.map(({ count }) => Number(count)),
      nonFinite: special.rows.map(({ step, value }) => ({ step, value: String(value) })),
    },
  };
}

const rawSql = ({ segments }: { segments: Segment[] }, { from, to }: { from: number; to: number }): string =>
  `SELECT step::float8 AS at, 1 AS count, value AS sum, value AS min, value AS max FROM "MetricPoint" p
   WHERE "seriesId" = $1 AND step BETWEEN ${from} AND ${to} AND value NOT IN ('NaN', 'Infinity', '-Infinity') AND ${counts(segments)}`;

/** The smallest and the largest point of each stretch: what LTTB chooses from when there are too many points. */
async function extremes(
  db: Pick<Database, "pool">,
  source: Source & { segments: Segment[] },
  range: { from: number; to: number },
  points: number,
): Promise<Exact[]> {
  const { step, min, max } = await bucketed(db, source, range, Math.ceil(points / 2));
  return step.flatMap((at, index) => [
    { step: at, value: min[index]!, time: 0 },
    ...(max[index] === min[index] ? [] : [{ step: at, value: max[index]!, time: 0 }]),
  ]);
}
