import { setImmediate } from "node:timers/promises";
import {
  degenerateText,
  parsePreference,
  type Estimate,
  type EvaluationConfig,
  type EvaluationReport,
  type FrontPoint,
  type Generation,
  type RunEvent,
  type SamplingConfig,
  type Score,
} from "@uniarm/core/schema";
import { estimatesOf, promptResamples } from "./statistics/bootstrap.ts";
import { basePoint, type BaseAnswers } from "./base-point.ts";
import { nonDominated } from "./dominance.ts";
import { figuresOf, type Figures } from "./figures.ts";
import { fluencyOf } from "./metrics/fluency.ts";
import { klFromBase } from "./metrics/kl-from-base.ts";
import { matchGenerations } from "./match-generations.ts";
import { frontMetrics } from "./metrics/front-metrics.ts";
import { normalise } from "./normalise.ts";
import { checkProtocol, promptsHash, protocolHash } from "./protocol.ts";
import { rewardTable, type RewardTable } from "./reward-table.ts";

export interface EvaluateOptions {
  /** Stops between two resamples. */
  signal?: AbortSignal | undefined;
  /** the answers that the scores are of: their fluency then stands beside the front */
  generations?: readonly Generation[] | undefined;
  /** how the tokens of those answers were chosen: where they were drawn, their divergence from the base stands beside the front */
  sampling?: SamplingConfig | undefined;
  /** what the base model alone obtains on the same prompts */
  base?: BaseAnswers | undefined;
}

const RESAMPLES_PER_PROGRESS = 50;

/**
 * Scores -> `started`, `progress` over bootstrap resamples, and finally `report`: per preference vector the mean reward over
 * prompts, then hypervolume (of normalised means) and mean inner product (of raw means), each with its interval. With the
 * answers behind the scores their fluency, and a `notice` before the report where it is lost; with how they were drawn their
 * divergence from the base; with the base model's scores its point.
 * The last event is `stopped` instead when the signal was aborted. The same scores in any order give the same report.
 *
 * @throws UniArmError evaluation-protocol, generations-of-other-scores, log-probs-range, and as `rewardTable` and `basePoint` say
 */
export async function* evaluate(
  given: EvaluationConfig,
  scores: readonly Score[],
  options: EvaluateOptions = {},
): AsyncGenerator<RunEvent> {
  checkProtocol(given);
  const config = withBaseWeights(given, scores);
  const objectives = config.objectives.map(({ name }) => name);
  const table = rewardTable(scores, objectives);
  const base = options.base && basePoint(options.base, config, table);
  const texts = options.generations && textsByPreference(options.generations, scores, config, options.sampling);
  const total = config.bootstrapResamples;
  yield { type: "started", kind: "evaluate", total };
  const samples: Figures[] = [];
  for (const weights of promptResamples(table.strata, config)) {
    if (options.signal?.aborted) {
      const message = `Stopped after ${samples.length} of ${total} resamples; nothing was kept. Evaluating again starts from the beginning.`;
      yield { type: "stopped", step: samples.length, message };
      return;
    }
    samples.push(figuresOf(table, config, weights));
    if (samples.length % RESAMPLES_PER_PROGRESS > 0 && samples.length < total) continue;
    yield { type: "progress", phase: "bootstrap", done: samples.length, total, unit: "resamples" };
    await setImmediate(); // lets an abort arrive
  }
  const figures = estimatesOf(figuresOf(table, config), samples, config.confidence);
  const report = reportOf(config, table, figures, { base, texts });
  const lost = degenerateText({ points: report.front.points, base: report.base });
  if (lost.length > 0)
    yield {
      type: "notice",
      code: "degenerate-text",
      message: `The text has lost its fluency ${lost.join("; ")}. Lower the strength, or read the answers before you trust their rewards.`,
    };
  yield { type: "report", report };
}

type Texts = Pick<FrontPoint, "fluency" | "klFromBase">;

/** What the answers at each preference say beyond their rewards, by its text. */
function textsByPreference(
  generations: readonly Generation[],
  scores: readonly Score[],
  { objectives, confidence }: EvaluationConfig,
  sampling: SamplingConfig | undefined,
): ReadonlyMap<string, Texts> {
  const matched = matchGenerations(generations, scores);
  const own = Map.groupBy(matched, ({ preference }) => String(parsePreference(preference ?? [], objectives.length)));
  return new Map(
    [...own].map(([preference, answers]) => [
      preference,
      { fluency: fluencyOf(answers), ...(sampling && { klFromBase: klFromBase(answers, sampling, confidence) }) },
    ]),
  );
}

/** The conditions name the number format that the responses came of, where that is known: it changes rewards a little. */
function withBaseWeights(config: EvaluationConfig, scores: readonly Score[]): EvaluationConfig {
  const types = new Set(scores.map(({ baseWeights }) => baseWeights ?? ""));
  if (types.size === 1 && types.has("")) return config;
  const baseWeights = [...types]
    .map((type) => type || "unknown")
    .sort()
    .join(" and ");
  return { ...config, conditions: { ...config.conditions, baseWeights } };
}

function reportOf(
  config: EvaluationConfig,
  table: RewardTable,
  { mean, hypervolume, meanInnerProduct }: Figures<Estimate>,
  { base, texts }: { base: EvaluationReport["base"]; texts: ReadonlyMap<string, Texts> | undefined },
): EvaluationReport {
  const { preferences, promptIds } = table;
  const undominated = nonDominated(mean.map((row) => row.map(({ value }) => value)));
  const points = preferences.map((preference, w) => ({
    preference: [...preference],
    promptCount: promptIds.length,
    mean: mean[w]!,
    normalised: normalise(
      mean[w]!.map(({ value }) => value),
      config.normaliser,
    ),
    dominated: !undominated[w],
    ...texts?.get(String(preference)),
  }));
  return {
    config,
    protocolHash: protocolHash(config, preferences, promptIds),
    front: { points, hypervolume, meanInnerProduct },
    ...(base && { base }),
    promptsHash: promptsHash(promptIds),
    metrics: frontMetrics(
      table,
      config,
      points.map(({ normalised }) => normalised),
    ),
  };
}
