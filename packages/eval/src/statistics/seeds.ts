import { UniArmError, type Estimate } from "@uniarm/core/schema";
import { studentQuantile } from "./student.ts";

/** Above it, enumerating all signs takes more than a second. */
export const MOST_SEEDS = 20;

/**
 * Mean of a figure over training seeds, with Student's interval for few of them.
 * @throws UniArmError seeds-too-few for less than two
 */
export function seedMean(values: readonly number[], confidence = 0.95): Estimate {
  const count = values.length;
  if (count < 2)
    throw new UniArmError("seeds-too-few", `An interval over seeds needs at least two of them; there is ${count}.`);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const half = studentQuantile(confidence, count - 1) * Math.sqrt(variance / count);
  return { value: mean, interval: { low: mean - half, high: mean + half } };
}

export interface PairedSeeds {
  /** mean of first minus second */
  difference: Estimate;
  /** two-sided, of the sign-flip test: how often random signs give a mean as far from 0; at least 2 / 2^seeds */
  pValue: number;
}

/**
 * Whether one method is better than another over the seeds that both were trained with: each seed gives both the same pairs
 * and prompts, so that its difference is one observation. The test enumerates all 2^n signs: exact, whatever the distribution.
 * @throws UniArmError seeds-unpaired, seeds-too-few, seeds-too-many
 */
export function pairedSeeds(first: readonly number[], second: readonly number[], confidence = 0.95): PairedSeeds {
  if (first.length !== second.length)
    throw new UniArmError(
      "seeds-unpaired",
      `A paired test needs both methods at the same seeds; there are ${first.length} and ${second.length} figures.`,
    );
  if (first.length > MOST_SEEDS)
    throw new UniArmError(
      "seeds-too-many",
      `The exact test enumerates all signs, of at most ${MOST_SEEDS} seeds; there are ${first.length}.`,
    );
  const differences = first.map((value, seed) => value - second[seed]!);
  const difference = seedMean(differences, confidence);
  const observed = Math.abs(difference.value) * differences.length;
  const rounding = 1e-9 * differences.reduce((sum, value) => sum + Math.abs(value), 0);
  const all = 2 ** differences.length;
  let asFar = 0;
  for (let signs = 0; signs < all; signs++) {
    const sum = differences.reduce((total, value, seed) => total + ((signs >> seed) & 1 ? value : -value), 0);
    if (Math.abs(sum) >= observed - rounding) asFar += 1;
  }
  return { difference, pValue: asFar / all };
}
