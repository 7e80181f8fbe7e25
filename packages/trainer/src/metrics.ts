import type { TrainingConfig } from "@uniarm/core/schema";
import type { Arm } from "./arms.ts";
import { batchAccuracy, shareOf } from "./batch-accuracy.ts";
import type { MicroBatch } from "./batch-objective.ts";
import type { PairStatistics } from "./pair-statistics.ts";
import type { StepReport } from "./step.ts";

/**
 * Names of the numbers in `metric` events: "loss", "loss/<objective>", "loss/global", "accuracy", "accuracy/<objective>",
 * "gradientNorm", "learningRate", "tokens", and "skippedSteps" where skipping is allowed.
 */
export type MetricValues = Record<string, number>;

/**
 * Numbers of one optimizer step: the mean loss of separate ARMs, and the norm of their gradients together.
 * @param microBatches [ARM][part]
 */
export function stepMetrics(
  config: TrainingConfig,
  arms: readonly Arm[],
  reports: readonly StepReport[],
  microBatches: readonly (readonly MicroBatch[])[],
): MetricValues {
  const accuracies = reports.map((report, arm) =>
    report.microBatches.flatMap(({ differences }, part) => {
      const batch = microBatches[arm]![part]!;
      return batch.kind === "pairs" ? batchAccuracy({ ...batch, differences }) : [];
    }),
  );
  const values: MetricValues = {
    loss: mean(reports.map(({ microBatches }) => mean(microBatches.map(({ loss }) => loss)))),
    gradientNorm: Math.hypot(...reports.map(({ gradientNorm }) => gradientNorm)),
  };
  config.objectives.forEach(({ name }, column) => {
    const own = arms.flatMap((arm, index) => {
      const place = placeOf(arm, column, config.objectives.length, reports[index]!);
      return place === null ? [] : reports[index]!.microBatches.map(({ objectiveLosses }) => objectiveLosses[place]!);
    });
    if (own.length > 0) values[`loss/${name}`] = mean(own);
    const accuracy = shareOf(
      arms.flatMap((arm, index) => {
        const place = placeOf(arm, column, config.objectives.length, reports[index]!);
        return place === null ? [] : accuracies[index]!.map(({ objectives }) => objectives[place]!);
      }),
    );
    if (accuracy !== null) values[`accuracy/${name}`] = accuracy;
  });
  const accuracy = shareOf(accuracies.flat().map(({ mixed }) => mixed));
  if (accuracy !== null) values.accuracy = accuracy;
  const globals = reports
    .flatMap(({ microBatches }) => microBatches.map(({ globalLoss }) => globalLoss))
    .filter((loss) => loss !== null);
  if (globals.length > 0) values["loss/global"] = mean(globals);
  return values;
}

/** Where an ARM's report has the loss of an objective; null where it learns others alone. */
function placeOf({ objective }: Arm, column: number, count: number, { microBatches }: StepReport): number | null {
  const seesAll = microBatches[0]!.objectiveLosses.length === count;
  if (objective === null || seesAll) return column;
  return objective === column ? 0 : null;
}

export function datasetMetrics({ pairs, conflictRate, tieRates, missingRates }: PairStatistics): MetricValues {
  const named = (group: string, rates: Record<string, number>): [string, number][] =>
    Object.entries(rates).map(([name, rate]) => [`data/${group}/${name}`, rate]);
  const rates = [...named("ties", tieRates), ...named("missing", missingRates)];
  return { "data/pairs": pairs, "data/conflictRate": conflictRate, ...Object.fromEntries(rates) };
}

/** @param mixed whether objectives are traded against each other; a scorer learns each by itself */
export function datasetSentence(
  { pairs, conflictRate, tieRates, missingRates, others }: PairStatistics,
  { mixed = true } = {},
): string {
  const list = (rates: Record<string, number>): string =>
    Object.entries(rates)
      .map(([name, rate]) => `${name} ${percent(rate)}`)
      .join(", ");
  const missing = list(missingRates);
  const masked = missing === "" ? "" : ` Without a winner, and so not taught: ${missing}.`;
  const unused =
    others.length === 0 ? "" : ` Winners on ${others.join(", ")} are not used: the run has no such objective.`;
  const conflicts = `In ${percent(conflictRate)} the objectives prefer different responses: only those teach a trade-off. `;
  return `${pairs} pairs. ${mixed ? conflicts : ""}Ties: ${list(tieRates)}.${masked}${unused}`;
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
