import type { OptimizerConfig } from "@uniarm/core/schema";

/**
 * Learning rate of optimizer step `step` = 0, 1, ...: linear from 0 to the peak during the warm-up, then a cosine down to
 * the final share of the peak. The first step of a warm-up has rate 0.
 */
export function learningRateAt(
  step: number,
  totalSteps: number,
  {
    learningRate,
    warmupSteps,
    finalLearningRateShare,
  }: Pick<OptimizerConfig, "learningRate" | "warmupSteps" | "finalLearningRateShare">,
): number {
  if (step < warmupSteps) return (learningRate * step) / warmupSteps;
  const done = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps));
  const cosine = (1 + Math.cos(Math.PI * done)) / 2;
  return learningRate * (finalLearningRateShare + (1 - finalLearningRateShare) * cosine);
}
