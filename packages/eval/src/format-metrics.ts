import { EVALUATION_METRICS, type FrontMetrics, type Measure } from "@uniarm/core/schema";
import { formatTable, type TableFormat } from "./format-table.ts";

/** A front's metrics, each with its sentence; what cannot be computed says why. */
export function formatMetrics(metrics: FrontMetrics, format: TableFormat = "text"): string {
  const { sparsity, spacing, preferenceCosine, preferenceEffect, steering } = metrics;
  const effect = `p ${text(preferenceEffect.pValue)}`;
  const rows: [string, string, string][] = [
    ["sparsity", text(sparsity), EVALUATION_METRICS.sparsity.sentence],
    ["spacing", text(spacing), EVALUATION_METRICS.spacing.sentence],
    ["preferenceCosine", text(preferenceCosine), EVALUATION_METRICS.preferenceCosine.sentence],
    ...steering.flatMap(({ objective, spearman, slope }): [string, string, string][] => [
      ["steeringCorrelation", `${objective} ${text(spearman)}`, EVALUATION_METRICS.steeringCorrelation.sentence],
      ["steeringSlope", `${objective} ${text(slope)}`, EVALUATION_METRICS.steeringSlope.sentence],
    ]),
    ["preferenceEffect", `${text(preferenceEffect.gain)}, ${effect}`, EVALUATION_METRICS.preferenceEffect.sentence],
  ];
  const titled = rows.map(([key, ...cells]) => [
    EVALUATION_METRICS[key as keyof typeof EVALUATION_METRICS].title,
    ...cells,
  ]);
  return `${formatTable(["metric", "value", "what it says"], titled, format)}\n`;
}

const text = (measure: Measure): string =>
  measure.value === null ? `none: ${measure.reason}` : measure.value.toFixed(3).replace(/^-(0\.0*)$/, "$1");
