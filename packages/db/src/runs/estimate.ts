import { JOBS, parseReference, type WorkKind } from "@uniarm/pipeline/schema";
import { poolOf, type Database } from "../database.ts";

/** What a run is likely to take, judged by ended runs of its kind. */
export interface RunEstimate {
  /** how many runs it is judged by; 0: nothing is known */
  runs: number;
  /** they have the same base model */
  isSameModel: boolean;
  /** their times were scaled to the steps, pairs or responses of this config */
  isScaled: boolean;
  seconds: { median: number; least: number; most: number } | null;
  /** the largest of them, MB */
  peakMemoryMb: number | null;
}

const MOST_RUNS = 30;
const PEAK_MEMORY = "system/peakMemoryMb";

interface EndedRun {
  config: unknown;
  seconds: number;
  peak: number | null;
}

/** Time and memory of runs of these kinds and configs, as far as earlier ones tell. */
export async function estimateRuns(
  db: Database,
  runs: readonly { kind: WorkKind; config: unknown }[],
): Promise<RunEstimate[]> {
  const ended = new Map<WorkKind, EndedRun[]>();
  for (const kind of new Set(runs.map((run) => run.kind))) ended.set(kind, await endedRuns(db, kind));
  return runs.map(({ kind, config }) => estimateFrom(ended.get(kind)!, kind, config));
}

async function endedRuns(db: Database, kind: WorkKind): Promise<EndedRun[]> {
  const { rows } = await poolOf(db).query<EndedRun>(
    `SELECT r.config, sum(extract(epoch FROM a."endedAt" - a."startedAt"))::float8 AS seconds,
       (SELECT s.max FROM "MetricSeries" s WHERE s."runId" = r.id AND s.key = $2) AS peak
     FROM (SELECT id, config FROM "Run" WHERE kind = $1 AND state = 'SUCCEEDED' AND "cachedFromId" IS NULL AND "deletedAt" IS NULL
           ORDER BY "createdAt" DESC LIMIT ${MOST_RUNS}) r
     JOIN "Attempt" a ON a."runId" = r.id WHERE a."endedAt" IS NOT NULL GROUP BY r.id, r.config`,
    [kind, PEAK_MEMORY],
  );
  return rows;
}

function estimateFrom(ended: readonly EndedRun[], kind: WorkKind, config: unknown): RunEstimate {
  const model = modelOf(kind, config);
  const same = ended.filter((run) => modelOf(kind, run.config) === model);
  const known = same.length > 0 ? same : ended;
  if (known.length === 0) return { runs: 0, isSameModel: false, isScaled: false, seconds: null, peakMemoryMb: null };
  const wanted = workOf(kind, config);
  const scaled = known.flatMap((run) => {
    const work = workOf(kind, run.config);
    return wanted === null || work === null ? [] : [(run.seconds * wanted) / work];
  });
  const seconds = (scaled.length > 0 ? scaled : known.map((run) => run.seconds)).sort((one, other) => one - other);
  const peaks = known.flatMap(({ peak }) => peak ?? []);
  return {
    runs: known.length,
    isSameModel: same.length > 0,
    isScaled: scaled.length > 0,
    seconds: { median: seconds[Math.floor(seconds.length / 2)]!, least: seconds[0]!, most: seconds.at(-1)! },
    peakMemoryMb: peaks.length > 0 ? Math.max(...peaks) : null,
  };
}

/** As much of a config as there is; a form may be half filled in. */
type Settings = Record<string, unknown>;
const settingsOf = (kind: WorkKind, config: unknown): Settings => {
  const parsed = JOBS[kind].config.safeParse(config);
  return (parsed.success ? parsed.data : (config ?? {})) as Settings;
};

function modelOf(kind: WorkKind, config: unknown): unknown {
  const settings = settingsOf(kind, config);
  return kind === "decode" ? (settings.decoding as Settings | undefined)?.model : settings.model;
}

const number = (value: unknown): number | null => (typeof value === "number" && value > 0 ? value : null);

/** How much there is to do, in units that time grows with; null: the config alone does not say. */
function workOf(kind: WorkKind, config: unknown): number | null {
  const settings = settingsOf(kind, config);
  switch (kind) {
    case "pairs":
      return number(settings.pairs);
    case "train": {
      const { steps, batchPairs } = settings;
      return number(steps) && number(batchPairs) && (steps as number) * (batchPairs as number);
    }
    case "decode": {
      const { prompts, preferences, samplesPerPrompt, maxNewTokens } = (settings.decoding ?? {}) as Settings;
      const count = Array.isArray(prompts) ? prompts.length : promptCount(String(prompts));
      const rows = Array.isArray(preferences) ? preferences.length : 1;
      const shards = number((settings.shard as Settings | undefined)?.count) ?? 1;
      return count && (count * rows * (number(samplesPerPrompt) ?? 1) * (number(maxNewTokens) ?? 1)) / shards;
    }
    case "sleep":
      return number(settings.steps);
    default:
      return null;
  }
}

/** Prompts of a file are counted only when it is read; a form may hold half a reference. */
function promptCount(prompts: string): number | null {
  try {
    const reference = parseReference(prompts);
    return reference.type === "tiny-world-prompts" ? reference.count : null;
  } catch {
    return null;
  }
}
