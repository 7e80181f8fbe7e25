import { isDeepStrictEqual } from "node:util";
import { UniArmError, type MethodComparison } from "@uniarm/core/schema";
import { enoughPermutations, figuresOf, rewardTable, type ComparedPairs } from "@uniarm/eval";
import { compareStoppably } from "../compare-stoppably.ts";

export interface ComparisonOptions {
  signal?: AbortSignal | undefined;
  /** called as methods are compared, where that was not done before */
  onProgress?: ((compared: ComparedPairs) => void) | undefined;
}

type Compared = Parameters<typeof compareStoppably>[0];

/**
 * Methods compared with each other: as the study has done it, where that is of the same scores, or anew.
 * @throws UniArmError report-stopped
 */
export async function comparisonOf(
  kept: MethodComparison | null,
  given: Compared,
  { signal, onProgress }: ComparisonOptions,
): Promise<MethodComparison> {
  if (kept && isOf(kept, given)) return kept;
  const steps = compareStoppably(given, signal);
  let step = await steps.next();
  for (; !step.done; step = await steps.next()) onProgress?.(step.value);
  if (step.value) return step.value;
  throw new UniArmError(
    "report-stopped",
    "The report was stopped while methods were compared; nothing was written. Run the same command again.",
  );
}

/** Whether a comparison was made of these scores under this protocol: its figures are theirs, to the last digit. */
function isOf(comparison: MethodComparison, [methods, config, { optimum } = {}]: Compared): boolean {
  const names = config.objectives.map(({ name }) => name);
  const figures = methods.map(({ name, runs }) => {
    const own = runs.map(({ scores }) => figuresOf(rewardTable(scores, names), config));
    const mean = (key: "hypervolume" | "meanInnerProduct"): number =>
      own.reduce((sum, one) => sum + one[key], 0) / own.length;
    const seeds = runs.flatMap(({ seed }) => seed ?? []);
    return [name, seeds, mean("hypervolume"), mean("meanInnerProduct"), optimum !== undefined];
  });
  const kept = comparison.methods.map(({ name, seeds, hypervolume, meanInnerProduct, optimumRegret }) => [
    name,
    seeds,
    hypervolume.value,
    meanInnerProduct.value,
    optimumRegret !== undefined,
  ]);
  return isDeepStrictEqual(
    [figures, enoughPermutations(config, methods.length), config.confidence],
    [kept, comparison.permutations, comparison.confidence],
  );
}
