import { lossOf, methodOf, UniArmError, type TrainingConfig } from "@uniarm/core/schema";
import { armWeightsOf, largest } from "./arms.ts";
import type { Example } from "./examples.ts";

/** Objectives whose labels are read. */
function learnedObjectives(config: TrainingConfig): TrainingConfig["objectives"] {
  const { method, objectives, addedObjectives } = config;
  const weights = armWeightsOf(config);
  // a policy for a weight vector reads the labels of its largest entry, the rest comes from other policies
  if (weights) return objectives.filter((_, column) => weights.some((one) => largest(one) === column));
  // where an objective has an adapter of its own, those of the old ones stay as they are
  const ownsAdapter = methodOf(method).arms === "per-objective";
  return ownsAdapter && addedObjectives ? objectives.slice(-addedObjectives.length) : objectives;
}

/**
 * Pairs from which a loss learns nothing are not trained on: the run would end as it began.
 * @throws UniArmError pairs-all-same, pairs-all-tied
 */
export function checkTeaches(examples: readonly Example[], config: TrainingConfig): void {
  const { method, objectives, pairs } = config;
  const { loss } = lossOf(config);
  if (loss === "imitation") return;
  if (examples.every(({ responses: [first, second] }) => first.join() === second.join()))
    throw new UniArmError(
      "pairs-all-same",
      `Each of the ${examples.length} pairs of ${pairs} has twice the same response, and comparing it with itself teaches nothing. Give pairs of different responses.`,
    );
  if (loss !== "winners") return;
  const { arms } = methodOf(method);
  const learned = learnedObjectives(config);
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
