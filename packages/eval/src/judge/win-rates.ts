import type { Estimate, JudgingSettings, Verdict, WinRate } from "@uniarm/core/schema";
import { promptResamples } from "../statistics/bootstrap.ts";
import { percentile } from "../statistics/percentile.ts";
import { preferenceKey } from "./match.ts";

type Bootstrap = Pick<JudgingSettings, "bootstrapResamples" | "confidence" | "seed">;

/** What a pair counts, with `failed` for a failure. */
const valueOf = ({ outcome }: Verdict, failed: number): number =>
  outcome === "win" ? 1 : outcome === "loss" ? 0 : outcome === "tie" ? 0.5 : failed;

/**
 * A win rate per preference and objective, over all pairs: what failed stays in the denominator. Samples of a prompt are
 * averaged first, so that a prompt counts once; intervals resample prompts, the same for all preferences and objectives.
 */
export function winRates(verdicts: readonly Verdict[], bootstrap: Bootstrap): WinRate[] {
  const promptIds = [...new Set(verdicts.map(({ promptId }) => promptId))].sort();
  const resamples = [
    ...promptResamples(
      promptIds.map(() => ""),
      bootstrap,
    ),
  ];
  const groups = Map.groupBy(verdicts, ({ preference, objective }) => `${preferenceKey(preference)} ${objective}`);
  const objectives = [...new Set(verdicts.map(({ objective }) => objective))];
  return [...groups.values()]
    .map((group) => rateOf(group, promptIds, resamples, bootstrap.confidence))
    .sort(
      (one, other) =>
        byEntries(one.preference, other.preference) ||
        objectives.indexOf(one.objective) - objectives.indexOf(other.objective),
    );
}

function rateOf(
  verdicts: readonly Verdict[],
  promptIds: readonly string[],
  resamples: readonly Float64Array[],
  confidence: number,
): WinRate {
  const { preference, objective } = verdicts[0]!;
  const count = (accepts: (verdict: Verdict) => boolean): number => verdicts.filter(accepts).length;
  const failed = count(({ outcome }) => outcome === "failed");
  const valuesIf = (failure: number): number[] => promptMeans(verdicts, promptIds, failure);
  const prompts = promptIds.length;
  return {
    preference,
    objective,
    prompts,
    pairs: verdicts.length,
    wins: count(({ outcome }) => outcome === "win"),
    ties: count(({ outcome }) => outcome === "tie"),
    losses: count(({ outcome }) => outcome === "loss"),
    failed,
    inconsistent: count(({ reason }) => reason === "inconsistent"),
    identical: count(({ reason }) => reason === "identical"),
    winRate: failed === verdicts.length ? null : estimateOf(valuesIf(0.5), resamples, confidence),
    bounds: { low: sum(valuesIf(0)) / prompts, high: sum(valuesIf(1)) / prompts },
  };
}

/** [P] */
function promptMeans(verdicts: readonly Verdict[], promptIds: readonly string[], failure: number): number[] {
  const byPrompt = Map.groupBy(verdicts, ({ promptId }) => promptId);
  return promptIds.map((id) => {
    const samples = byPrompt.get(id)!; // every preference has every prompt: matchAnswers
    return sum(samples.map((verdict) => valueOf(verdict, failure))) / samples.length;
  });
}

function estimateOf(values: readonly number[], resamples: readonly Float64Array[], confidence: number): Estimate {
  const means = resamples.map((counts) => sum(values.map((value, prompt) => value * counts[prompt]!)) / values.length);
  const sorted = Float64Array.from(means).sort();
  const tail = (1 - confidence) / 2;
  return {
    value: sum(values) / values.length,
    interval: means.length === 0 ? null : { low: percentile(sorted, tail), high: percentile(sorted, 1 - tail) },
  };
}

/** Ascending by first entry, then second, ...; none before all. */
function byEntries(one: readonly number[] | null, other: readonly number[] | null): number {
  if (!one || !other) return Number(one !== null) - Number(other !== null);
  const axis = one.findIndex((entry, index) => entry !== other[index]);
  return axis < 0 ? 0 : one[axis]! - other[axis]!;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
