import { createRandom } from "@uniarm/core";
import type { Estimate, EvaluationConfig } from "@uniarm/core/schema";
import { figuresOf, type Figures } from "./figures.ts";
import { percentile } from "./percentile.ts";
import type { RewardTable } from "./reward-table.ts";

/**
 * Percentile intervals by resampling prompts, within their strata where scores name any. All preference vectors share a
 * resample, and hypervolume, which is not additive over prompts, is computed from the means of each resample.
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

/** Observed figures with percentile intervals of the resampled ones; null intervals without resamples. */
export function estimatesOf(observed: Figures, samples: readonly Figures[], confidence: number): Figures<Estimate> {
  const estimate = (figure: (figures: Figures) => number): Estimate => {
    const sorted = Float64Array.from(samples, figure).sort();
    const tail = (1 - confidence) / 2;
    const interval =
      samples.length === 0 ? null : { low: percentile(sorted, tail), high: percentile(sorted, 1 - tail) };
    return { value: figure(observed), interval };
  };
  return {
    mean: observed.mean.map((row, w) => row.map((_, k) => estimate((figures) => figures.mean[w]![k]!))),
    hypervolume: estimate((figures) => figures.hypervolume),
    meanInnerProduct: estimate((figures) => figures.meanInnerProduct),
  };
}
