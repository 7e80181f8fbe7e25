import { lossOf, methodOf, UniArmError, type TrainingConfig } from "@uniarm/core/schema";
import type { Example } from "./examples.ts";

/**
 * Pairs from which a loss of winners learns nothing are not trained on: the run would end as it began.
 * @throws UniArmError pairs-all-tied
 */
export function checkTeaches(examples: readonly Example[], config: TrainingConfig): void {
  const { method, objectives, pairs } = config;
  if (lossOf(config).loss !== "winners") return;
  const { arms } = methodOf(method);
  // where an objective has an adapter of its own, those of the old ones stay as they are
  const learned =
    arms === "per-objective" && config.addedObjectives ? objectives.slice(-config.addedObjectives.length) : objectives;
  const silent = learned.filter((objective) => {
    const column = objectives.indexOf(objective);
    return examples.every(({ signs }) => signs[column] === 0);
  });
  // an adapter of its own would never change; one for all objectives still learns from the others
  if (silent.length === 0 || (arms === "one" && silent.length < objectives.length)) return;
  const names = silent.map(({ name }) => name).join(", ");
  throw new UniArmError(
    "pairs-all-tied",
    `None of the ${examples.length} pairs of ${pairs} has a winner on ${names}, and ties teach nothing. Give pairs that differ, or train by the margins of their scores (recipe guided).`,
  );
}
