import { poolOf, type Database } from "../database.ts";
import { piecesOf, type Piece, type Stretch } from "./sources.ts";
import { BUCKET_WIDTHS } from "./store.ts";

/** Sums of finite values over equal stretches of steps, as columns of equal length. */
export interface Slots {
  /** the middle of each */
  step: number[];
  /** its first and its last step */
  low: number[];
  high: number[];
  mean: number[];
  min: number[];
  max: number[];
  count: number[];
}

/** Equal slots of steps: `size` wide from `origin` on, each made of whole buckets of `width`; null: of points. */
interface Grid {
  width: number | null;
  size: number;
  origin: number;
}

/** The most single points that an answer sums up, and how many of a series it always may: reading them is what takes time. */
const MOST_SUMMED = 100_000;
const LEAST_SUMMED = 2500;

type Sums = Record<"slot" | "count" | "sum" | "min" | "max", number[]>;
type Row = Sums & { id: number };

/** Connections that one answer is read over. */
const AT_ONCE = 4;

/** Slots of stretches by the ids of their series, at most so many each. */
export async function readSlots(
  db: Database,
  stretches: readonly Stretch[],
  most: number,
): Promise<Map<number, Slots>> {
  const summed = Math.max(LEAST_SUMMED, MOST_SUMMED / stretches.length);
  const grids = new Map(stretches.map((stretch) => [stretch.id, gridOf(stretch, most, summed)]));
  const shares = Array.from({ length: AT_ONCE }, (_, share) => stretches.filter((_one, at) => at % AT_ONCE === share));
  const found = await Promise.all(shares.map((share) => readShare(db, share, grids)));
  return new Map(found.flatMap((share) => [...share]));
}

async function readShare(
  db: Database,
  stretches: readonly Stretch[],
  grids: ReadonlyMap<number, Grid>,
): Promise<Map<number, Slots>> {
  const found = new Map<number, Slots>();
  if (stretches.length === 0) return found;
  const parts = stretches.flatMap(piecesOf).map((piece) => partOf(piece, grids.get(piece.id)!));
  const column = <Name extends keyof Part>(name: Name): Part[Name][] => parts.map((part) => part[name]);
  // columns as JSON: a row for each slot would take this process longer to read than the database to make
  const { rows } = await poolOf(db).query<Row>(
    `SELECT part.id, slots.* FROM unnest($1::int[], $2::int[], $3::int[], $4::float8[], $5::float8[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
       AS part (id, attempt, width, size, origin, low, high, first, "end")
     CROSS JOIN LATERAL (
       SELECT json_agg(slot) AS slot, json_agg(count) AS count, json_agg(sum) AS sum, json_agg(min) AS min, json_agg(max) AS max FROM (
         SELECT slot, sum(count) AS count, sum(sum) AS sum, min(min) AS min, max(max) AS max FROM (
           SELECT floor((b.bucket * part.width - part.origin) / part.size) AS slot, b.count, b.sum, b.min, b.max FROM "MetricBucket" b
           WHERE b."seriesId" = part.id AND b.width = part.width AND b.bucket >= part.first AND b.bucket < part."end"
             AND (part.attempt IS NULL OR b.attempt = part.attempt)
           UNION ALL
           SELECT floor((p.step - part.origin) / part.size), 1, p.value, p.value, p.value
           FROM (VALUES (part.low, least(part.high, part.first * part.width - 1)), (greatest(part.low, part."end" * part.width), part.high)) AS edge (low, high)
           JOIN "MetricPoint" p ON p."seriesId" = part.id AND p.step BETWEEN edge.low AND edge.high AND (part.attempt IS NULL OR p.attempt = part.attempt)
           WHERE p.value NOT IN ('NaN', 'Infinity', '-Infinity')
         ) sums GROUP BY slot ORDER BY slot
       ) grouped
     ) slots WHERE slots.slot IS NOT NULL`,
    [
      column("id"),
      column("attempt"),
      column("width"),
      column("size"),
      column("origin"),
      column("low"),
      column("high"),
      column("first"),
      column("end"),
    ],
  );
  for (const { id } of stretches) {
    const own = rows.filter((row) => row.id === id);
    const { slot, count, sum, min, max } = own.length === 1 ? own[0]! : merged(own);
    const { origin, size } = grids.get(id)!;
    const step = slot.map((one) => Math.round(origin + (one + 0.5) * size));
    const mean = sum.map((one, at) => Number(one) / count[at]!); // one that overflowed comes as the text "Infinity"
    const low = slot.map((one) => Math.ceil(origin + one * size));
    const high = slot.map((one) => Math.ceil(origin + (one + 1) * size) - 1);
    found.set(id, { step, low, high, mean, min, max, count });
  }
  return found;
}

/** Sums of a series in the order of their slots; where one attempt took over from another, both have a part of a slot. */
function merged(parts: readonly Sums[]): Sums {
  const whole: Sums = { slot: [], count: [], sum: [], min: [], max: [] };
  const rows = parts.flatMap(({ slot, count, sum, min, max }) =>
    slot.map((one, at) => ({ slot: one, count: count[at]!, sum: sum[at]!, min: min[at]!, max: max[at]! })),
  );
  for (const row of rows.sort((one, other) => one.slot - other.slot)) {
    const last = whole.slot.length - 1;
    if (whole.slot[last] !== row.slot) {
      for (const name of ["slot", "count", "sum", "min", "max"] as const) whole[name].push(row[name]);
      continue;
    }
    whole.count[last]! += row.count;
    whole.sum[last]! += row.sum;
    whole.min[last] = Math.min(whole.min[last]!, row.min);
    whole.max[last] = Math.max(whole.max[last]!, row.max);
  }
  return whole;
}

/**
 * Buckets at least as fine as what is drawn, whole ones in each slot. Where even the finest are too coarse: points if they
 * are few, else the finest buckets, which are then fewer than could be drawn.
 */
function gridOf({ from, to }: Stretch, most: number, summed: number): Grid {
  const finest = Math.max(1, (to - from + 1) / most);
  const fitting = [...BUCKET_WIDTHS].reverse().find((one) => one <= finest);
  const width = fitting ?? (to - from + 1 > summed ? BUCKET_WIDTHS[0] : undefined);
  if (width === undefined) return { width: null, size: finest, origin: from };
  return { width, size: Math.ceil(finest / width) * width, origin: Math.floor(from / width) * width };
}

interface Part {
  id: number;
  attempt: number | null;
  width: number;
  size: number;
  origin: number;
  low: number;
  high: number;
  /** buckets from `first` to before `end` lie inside; what is left at the edges is summed from points */
  first: number;
  end: number;
}

function partOf({ id, attempt, from: low, to: high }: Piece, { width, size, origin }: Grid): Part {
  const [first, end] = width === null ? [0, 0] : [Math.ceil(low / width), Math.floor((high + 1) / width)];
  const whole = { id, attempt, width: width ?? 1, size, origin, low, high };
  // without a whole bucket inside everything is the second edge
  return end > first ? { ...whole, first, end } : { ...whole, first: 0, end: 0 };
}
