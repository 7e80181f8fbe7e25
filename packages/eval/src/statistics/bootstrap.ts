import { createRandom } from "@uniarm/core";
import type { Estimate, EvaluationConfig } from "@uniarm/core/schema";
import { figuresOf, type Figures } from "../figures.ts";
import { percentile } from "./percentile.ts";
import type { RewardTable } from "../reward-table.ts";

/**
 * Intervals by resampling prompts, within their strata where scores name any. All preference vectors share a resample, and
 * hypervolume, which is not additive over prompts, is computed from the means of each resample.
 *
 * Means have percentile intervals, hypervolume a basic one (2 f - percentile): the hypervolume of noisy means is too large, since
 * an upward error of a point counts where a downward one is hidden by its neighbours, and a resample adds that error once more.
 * Its percentiles lie too high, and 95 % of them held the truth in 75 % of simulated fronts with much noise an answer; turned about
 * the observed value they lie as much too low as it is too high, and hold it (test/once/coverage.test.ts).
 */
export function promptBootstrap(table: RewardTable, config: EvaluationConfig): Figures<Estimate> {
  const samples = Array.from(promptResamples(table.strata, config), (weights) => figuresOf(table, config, weights));
  return estimatesOf(figuresOf(table, config), samples, config.confidence);
}

/** `bootstrapResamples` draws of as many prompts as there are, with replacement: how often each prompt [P] was drawn. */
export function* promptResamples(
  strata: readonly string[],
  { bootstrapResamples, seed }: Pick<EvaluationConfig, "bootstrapResamples" | "seed">,
): Generator<Float64Array> {
  const random = createRandom(seed).fork("bootstrap");
  const groups = [...new Set(strata)].map((name) => [...strata.keys()].filter((prompt) => strata[prompt] === name));
  for (let resample = 0; resample < bootstrapResamples; resample++) {
    const counts = new Float64Array(strata.length);
    for (const group of groups) {
      for (let draw = 0; draw < group.length; draw++) counts[group[random.integer(group.length)]!]! += 1;
    }
    yield counts;
  }
}

/** Observed figures with intervals by the resampled ones; null intervals without resamples. */
export function estimatesOf(observed: Figures, samples: readonly Figures[], confidence: number): Figures<Estimate> {
  const percentiles = (figure: (figures: Figures) => number): Estimate => {
    const sorted = Float64Array.from(samples, figure).sort();
    const tail = (1 - confidence) / 2;
    const interval =
      samples.length === 0 ? null : { low: percentile(sorted, tail), high: percentile(sorted, 1 - tail) };
    return { value: figure(observed), interval };
  };
  return {
    mean: observed.mean.map((row, w) => row.map((_, k) => percentiles((figures) => figures.mean[w]![k]!))),
    hypervolume: turned(percentiles((figures) => figures.hypervolume)),
    meanInnerProduct: percentiles((figures) => figures.meanInnerProduct),
  };
}

/** A percentile interval turned about its value: a basic one. */
function turned({ value, interval }: Estimate): Estimate {
  return { value, interval: interval && { low: 2 * value - interval.high, high: 2 * value - interval.low } };
}
