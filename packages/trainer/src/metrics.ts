import type { TrainingConfig } from "@uniarm/core/schema";
import type { Arm } from "./arms.ts";
import type { PairStatistics } from "./pair-statistics.ts";
import type { StepReport } from "./step.ts";

/**
 * Names of the numbers in `metric` events: "loss", "loss/<objective>", "loss/global", "gradientNorm", "learningRate", "tokens",
 * and "skippedSteps" where skipping is allowed.
 */
export type MetricValues = Record<string, number>;

/** Numbers of one optimizer step: the mean loss of separate ARMs, and the norm of their gradients together. */
export function stepMetrics(
  config: TrainingConfig,
  arms: readonly Arm[],
  reports: readonly StepReport[],
): MetricValues {
  const values: MetricValues = {
    loss: mean(reports.map(({ microBatches }) => mean(microBatches.map(({ loss }) => loss)))),
    gradientNorm: Math.hypot(...reports.map(({ gradientNorm }) => gradientNorm)),
  };
  config.objectives.forEach(({ name }, column) => {
    const arm = arms.findIndex(({ objective }) => objective === null || objective === column);
    const place = arms[arm]?.objective === null ? column : 0;
    values[`loss/${name}`] = mean(reports[arm]!.microBatches.map(({ objectiveLosses }) => objectiveLosses[place]!));
  });
  const globals = reports
    .flatMap(({ microBatches }) => microBatches.map(({ globalLoss }) => globalLoss))
    .filter((loss) => loss !== null);
  if (globals.length > 0) values["loss/global"] = mean(globals);
  return values;
}

export function datasetMetrics({ pairs, conflictRate, tieRates }: PairStatistics): MetricValues {
  const ties = Object.entries(tieRates).map(([name, rate]) => [`data/ties/${name}`, rate] as const);
  return { "data/pairs": pairs, "data/conflictRate": conflictRate, ...Object.fromEntries(ties) };
}

export function datasetSentence({ pairs, conflictRate, tieRates }: PairStatistics): string {
  const ties = Object.entries(tieRates).map(([name, rate]) => `${name} ${percent(rate)}`);
  return `${pairs} pairs. In ${percent(conflictRate)} the objectives prefer different responses: only those teach a trade-off. Ties: ${ties.join(", ")}.`;
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
