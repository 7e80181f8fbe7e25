import type { Arm } from "./arms.ts";
import type { PairBatch } from "./batch-objective.ts";
import type { Example } from "./examples.ts";

/** What a batch of pairs has of policies that are not trained, as one ARM sees it; nothing where no example has any. */
export function frozenPart(
  { objective, weights }: Pick<Arm, "objective" | "weights">,
  examples: readonly Example[],
): Pick<PairBatch, "reference" | "others"> {
  const frozen = examples.flatMap((example) => example.frozen ?? []);
  if (frozen.length < examples.length) return {};
  const reference = ([0, 1] as const).flatMap((side) => frozen.map(({ base }) => base[side]));
  if (!weights || objective === null) return { reference };
  const wanted = ({ rewardDifferences }: (typeof frozen)[number]): number =>
    weights.reduce(
      (sum, weight, column) =>
        column === objective || weight === 0 ? sum : sum + weight * rewardDifferences![column]!,
      0,
    );
  return { reference, others: { differences: frozen.map(wanted), share: weights[objective]! } };
}
