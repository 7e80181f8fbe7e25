import { UniArmError, validationMetrics, type TrainingConfig } from "@uniarm/core/schema";
import { armWeightsOf } from "./arms.ts";
import { dot } from "./dot.ts";
import type { Example } from "./examples.ts";
import { isConflict } from "./pair-statistics.ts";
import { validationGrid } from "./validation.ts";

/**
 * A metric that a run is to look at, and that its held-out pairs cannot show, is refused before the first step.
 * @throws UniArmError metric-not-measured
 */
export function checkMetrics(examples: readonly Pick<Example, "signs">[], config: TrainingConfig): void {
  const measured = measurable(examples, config);
  for (const [setting, metric] of [
    ["keepBest", config.keepBest],
    ["earlyStopping", config.earlyStopping?.metric],
  ] as const) {
    if (metric === undefined || measured.includes(metric)) continue;
    throw new UniArmError(
      "metric-not-measured",
      `${setting} looks at ${metric}, which the pairs of ${config.validationPairs} cannot show: none of them counts for it. They show ${measured.join(", ")}; name one of these, or give other validationPairs.`,
    );
  }
}

/** The metrics that some pair counts for, as `validate` counts them. */
function measurable(examples: readonly Pick<Example, "signs">[], config: TrainingConfig): string[] {
  const { objectives } = config;
  const grid = armWeightsOf(config) ?? validationGrid(objectives.length);
  const some = (counts: (signs: readonly number[]) => boolean): boolean => examples.some(({ signs }) => counts(signs));
  const shown = new Set(["validation/loss"]);
  if (grid.some((preference) => some((signs) => dot(preference, signs) !== 0))) shown.add("validation/accuracy");
  objectives.forEach(({ name }, column) => {
    if (!grid.some((preference) => preference.indexOf(1) === column)) return; // measured at its own corner alone
    if (some((signs) => signs[column] !== 0)) shown.add(`validation/loss/${name}`).add(`validation/accuracy/${name}`);
    if (some((signs) => signs[column] !== 0 && isConflict(signs))) shown.add(`validation/conflictAccuracy/${name}`);
  });
  return validationMetrics(objectives).filter((metric) => shown.has(metric));
}
