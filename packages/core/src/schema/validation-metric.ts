import type { ObjectiveList } from "./objective.ts";

/** Names of the numbers that a validation measures, in the order in which they are told. */
export function validationMetrics(objectives: ObjectiveList): string[] {
  const own = objectives.flatMap(({ name }) =>
    ["loss", "accuracy", "conflictAccuracy"].map((kind) => `validation/${kind}/${name}`),
  );
  return ["validation/loss", "validation/accuracy", ...own];
}

/** Whether one value of a validation's metric is better than another: of losses the smaller one, of accuracies the larger. */
export const isBetter = (metric: string, value: number, before: number): boolean =>
  metric.startsWith("validation/loss") ? value < before : value > before;
