import type { Estimate, EvaluationReport } from "@uniarm/core/schema";
import type { FrontSummary } from "./compare.ts";
import { formatTable, type TableFormat } from "./format-table.ts";
import { shortHash } from "./protocol.ts";
import { rewardLabel } from "./reward-label.ts";

/** The points of a front as a table, followed by its hypervolume and mean inner product with their protocol. */
export function formatReport(
  { config, front, base, protocolHash }: EvaluationReport,
  format: TableFormat = "text",
): string {
  const { objectives, normaliser, referencePoint, confidence, bootstrapResamples } = config;
  const labels = objectives.map(rewardLabel);
  const heading = [
    `preference (${objectives.map(({ name }) => name).join(", ")})`,
    ...labels.map((label) => `mean ${label}`),
    "",
  ];
  const rows = front.points.map(({ preference, mean, dominated }) => [
    preference.map((entry) => entry.toFixed(2)).join(", "),
    ...mean.map(formatEstimate),
    dominated ? "dominated" : "",
  ]);
  const hasMark = front.points.some(({ dominated }) => dominated);
  const columns = hasMark ? heading.length : heading.length - 1;
  const baseRow = base ? [["base model", ...base.mean.map(formatEstimate), ""]] : [];
  const table = formatTable(
    heading.slice(0, columns),
    [...rows, ...baseRow].map((row) => row.slice(0, columns)),
    format,
  );
  const prompts = front.points[0]?.promptCount ?? 0;
  const intervals =
    bootstrapResamples > 0
      ? `brackets are ${percent(confidence)} intervals (prompt bootstrap, ${bootstrapResamples} resamples)`
      : "no intervals (0 resamples)";
  const notes = [
    `Hypervolume ${formatEstimate(front.hypervolume)} of rewards normalised from nadir ${vector(normaliser.nadir)} to ideal ` +
      `${vector(normaliser.ideal)}, above reference ${vector(referencePoint)}.`,
    `Mean inner product ${formatEstimate(front.meanInnerProduct)} of preference and raw mean reward.`,
    `${prompts} prompts per preference; ${intervals}; protocol ${shortHash({ protocolHash })}.`,
  ];
  return `${table}\n\n${notes.join(format === "markdown" ? "  \n" : "\n")}\n`;
}

/** Fronts side by side: hypervolume, mean inner product, undominated points. */
export function formatComparison(fronts: readonly FrontSummary[], format: TableFormat = "text"): string {
  const rows = fronts.map(({ name, hypervolume, meanInnerProduct, undominated, points }) => [
    name,
    formatEstimate(hypervolume),
    formatEstimate(meanInnerProduct),
    `${undominated} of ${points}`,
  ]);
  return `${formatTable(["front", "hypervolume", "mean inner product", "undominated points"], rows, format)}\n`;
}

/** 0.691 [0.678, 0.704] */
export function formatEstimate({ value, interval }: Estimate): string {
  return interval ? `${number(value)} [${number(interval.low)}, ${number(interval.high)}]` : number(value);
}

/** Three decimals, without a minus before 0. */
function number(value: number): string {
  const text = value.toFixed(3);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

const vector = (values: readonly number[]): string =>
  `(${values.map((value) => String(Number(value.toFixed(4)))).join(", ")})`;
const percent = (share: number): string => `${Number((100 * share).toFixed(2))}%`;
