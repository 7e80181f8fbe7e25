import type { Database } from "../database.ts";
import { lttb } from "./lttb.ts";
import { asAsked, measuredRuns } from "./measured-runs.ts";
import { readPoints, type Exact } from "./read-points.ts";
import { readSlots, type Slots } from "./read-slots.ts";
import { slotTimes } from "./slot-times.ts";
import { findSources, type Source, type Stretch } from "./sources.ts";

export interface HistoryQuery {
  runIds: readonly string[];
  keys: readonly string[];
  fromStep?: number | undefined;
  toStep?: number | undefined;
  /** most points of a series */
  points?: number | undefined;
  /** buckets: min, max and mean of equal stretches of steps; lttb: points that keep the shape (Steinarsson 2013) */
  method?: "buckets" | "lttb" | undefined;
  /** also when they were measured, where they are not the points themselves */
  times?: boolean | undefined;
}

/** One metric of one run, as columns of equal length. */
export interface Series {
  runId: string;
  key: string;
  /** whether these are the points themselves */
  exact: boolean;
  /** how many points they stand for */
  total: number;
  step: number[];
  value: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
  count: number[];
  /** milliseconds since 1970: of points, and of the first point of each stretch where that was asked for */
  time?: (number | null)[];
  /** NaN and infinities, the first 1,000 */
  nonFinite: { step: number; value: string }[];
}

/** Of all series of an answer together; more would not fit into the server's memory. */
const MOST_POINTS = 400_000;
const MOST_NON_FINITE = 1000;
/** LTTB chooses from this many times the points that it keeps. */
const LTTB_FEW = 4;
const LTTB_MANY = 50;

/**
 * Histories of many runs and keys at once, thinned out on the server. Points that a later attempt superseded are left out;
 * a run that was taken over has the history of the other.
 */
export async function metricHistory(db: Database, query: HistoryQuery): Promise<Series[]> {
  const measured = await measuredRuns(db, query.runIds);
  const sources = await findSources(db, [...measured.keys()], query.keys);
  const points = Math.max(3, Math.min(query.points ?? 1000, Math.floor(MOST_POINTS / Math.max(1, sources.length))));
  const stretches = sources.map((source) => {
    const range = { from: query.fromStep ?? 0, to: query.toStep ?? source.lastStep };
    return { ...source, ...range, expected: source.count * shareOf(source, range) };
  });
  const wanted = { points, times: query.times ?? false };
  return asAsked(measured, await (query.method === "lttb" ? shapes : buckets)(db, stretches, wanted));
}

type Expected = Stretch & { expected: number };
interface Wanted {
  points: number;
  times: boolean;
}

const shareOf = ({ lastStep }: Source, { from, to }: { from: number; to: number }): number =>
  lastStep > 0 ? Math.min(1, (to - from + 1) / (lastStep + 1)) : 1;

/** The points themselves where they are few, else sums over stretches. */
async function buckets(db: Database, stretches: readonly Expected[], { points, times }: Wanted): Promise<Series[]> {
  const few = stretches.filter(({ expected }) => expected <= points * 1.5);
  const exact = await readPoints(db, few, points);
  const many = stretches.filter(({ id }) => !exact.has(id));
  const [slots, special] = await Promise.all([readSlots(db, many, points), nonFinitePoints(db, many)]);
  const measured = times ? await slotTimes(db, many, slots) : null;
  return stretches.map((stretch) => {
    const own = exact.get(stretch.id);
    if (own) return ofPoints(stretch, own);
    const time = measured?.get(stretch.id);
    return { ...ofSlots(stretch, slots.get(stretch.id)!, special.get(stretch.id) ?? []), ...(time ? { time } : {}) };
  });
}

async function shapes(db: Database, stretches: readonly Expected[], { points, times }: Wanted): Promise<Series[]> {
  const few = stretches.filter(({ expected }) => expected <= points * LTTB_MANY);
  const exact = await readPoints(db, few, points * LTTB_MANY);
  const many = stretches.filter(({ id }) => !exact.has(id));
  const slots = await readSlots(db, many, Math.ceil((points * LTTB_FEW) / 2));
  const measured = times ? await slotTimes(db, many, slots) : null;
  return stretches.map((stretch) => {
    const own = exact.get(stretch.id);
    if (own) return thinned(stretch, own, points, true);
    const series = thinned(stretch, extremes(slots.get(stretch.id)!, measured?.get(stretch.id)), points, false);
    if (measured) return series;
    const { time: _, ...untimed } = series; // what a stretch has is not when its extremes were measured
    return untimed;
  });
}

async function nonFinitePoints(db: Database, stretches: readonly Stretch[]): Promise<Map<number, readonly Exact[]>> {
  const some = stretches.filter(({ nonFinite }) => nonFinite > 0);
  return readPoints(db, some, MOST_NON_FINITE, { onlyNonFinite: true });
}

const nonFiniteOf = (points: readonly Exact[]): Series["nonFinite"] =>
  points
    .filter(({ value }) => !Number.isFinite(value))
    .slice(0, MOST_NON_FINITE)
    .map(({ step, value }) => ({ step, value: String(value) }));

function ofPoints({ runId, key }: Source, points: readonly Exact[]): Series {
  const value = points.map((point) => (Number.isFinite(point.value) ? point.value : null));
  return {
    runId,
    key,
    exact: true,
    total: points.length,
    step: points.map(({ step }) => step),
    value,
    min: value,
    max: value,
    count: points.map(() => 1),
    time: points.map(({ time }) => time),
    nonFinite: nonFiniteOf(points),
  };
}

function ofSlots({ runId, key }: Source, slots: Slots, special: readonly Exact[]): Series {
  const { step, mean: value, min, max, count } = slots;
  const total = count.reduce((sum, one) => sum + one, 0);
  return { runId, key, exact: false, total, step, value, min, max, count, nonFinite: nonFiniteOf(special) };
}

function thinned(source: Source, candidates: readonly Exact[], points: number, exact: boolean): Series {
  const finite = candidates.filter(({ value }) => Number.isFinite(value));
  const kept = lttb(finite, points);
  return {
    ...ofPoints(source, kept),
    exact: exact && finite.length <= points,
    total: source.count,
    nonFinite: nonFiniteOf(candidates),
  };
}

/** The smallest and the largest point of each stretch: what LTTB chooses from when there are too many points. */
const extremes = ({ step, min, max }: Slots, times: readonly (number | null)[] = []): Exact[] =>
  step.flatMap((at, index) => {
    const time = times[index] ?? 0;
    return [
      { step: at, value: min[index]!, time },
      ...(max[index] === min[index] ? [] : [{ step: at, value: max[index]!, time }]),
    ];
  });
