import { setImmediate } from "node:timers/promises";
import type { Estimate, EvaluationConfig, EvaluationReport, RunEvent, Score } from "@uniarm/core/schema";
import { estimatesOf, promptResamples } from "./statistics/bootstrap.ts";
import { nonDominated } from "./dominance.ts";
import { figuresOf, type Figures } from "./figures.ts";
import { frontMetrics } from "./metrics/front-metrics.ts";
import { normalise } from "./normalise.ts";
import { checkProtocol, promptsHash, protocolHash } from "./protocol.ts";
import { rewardTable, type RewardTable } from "./reward-table.ts";

export interface EvaluateOptions {
  /** Stops between two resamples. */
  signal?: AbortSignal | undefined;
}

const RESAMPLES_PER_PROGRESS = 50;

/**
 * Scores -> `started`, `progress` over bootstrap resamples, and finally `report`: per preference vector the mean reward over
 * prompts, then hypervolume (of normalised means) and mean inner product (of raw means), each with its interval.
 * The last event is `stopped` instead when the signal was aborted. The same scores in any order give the same report.
 *
 * @throws UniArmError evaluation-protocol, and as `rewardTable` says
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
  yield {
    type: "report",
    report: reportOf(config, table, estimatesOf(figuresOf(table, config), samples, config.confidence)),
  };
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
  }));
  return {
    config,
    protocolHash: protocolHash(config, preferences, promptIds),
    front: { points, hypervolume, meanInnerProduct },
    promptsHash: promptsHash(promptIds),
    metrics: frontMetrics(
      table,
      config,
      points.map(({ normalised }) => normalised),
    ),
  };
}
