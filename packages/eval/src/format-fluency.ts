import { EVALUATION_METRICS, type EvaluationReport, type Fluency, type Measure } from "@uniarm/core/schema";
import { formatTable, type TableFormat } from "./format-table.ts";

const { basePerplexity, repeatedFourGrams, distinct, endedShare, lengthTokens } = EVALUATION_METRICS;
export const FLUENCY_HEADING = [
  basePerplexity.title,
  repeatedFourGrams.title,
  distinct.title.replace("-1, -2, -3", "-2"),
  endedShare.title,
  lengthTokens.title,
];

/** The cells of a fluency, in the order of FLUENCY_HEADING; what is not known is a dash. */
export const fluencyCells = (fluency: Fluency | undefined): string[] =>
  fluency
    ? [
        numberText(fluency.basePerplexity, 2),
        numberText(fluency.repeatedFourGrams, 3),
        numberText(fluency.distinctTwo, 3),
        fluency.endedShare.toFixed(3),
        fluency.lengthTokens.toFixed(1),
      ]
    : FLUENCY_HEADING.map(() => "-");

/** The fluency of a front's answers at each preference and of the base model's; null where no answers were given. */
export function formatFluency({ config, front, base }: EvaluationReport, format: TableFormat = "text"): string | null {
  if (!front.points.some(({ fluency }) => fluency) && !base?.fluency) return null;
  const rows = front.points.map(({ preference, fluency }) => [
    preference.map((entry) => entry.toFixed(2)).join(", "),
    ...fluencyCells(fluency),
  ]);
  const baseRow = base ? [["base model", ...fluencyCells(base.fluency)]] : [];
  const heading = [`preference (${config.objectives.map(({ name }) => name).join(", ")})`, ...FLUENCY_HEADING];
  const reasons = [...front.points, ...(base ? [base] : [])].flatMap(({ fluency }) => reasonOf(fluency));
  const notes = [...new Set(reasons)].map((reason) => `\nNo perplexity: ${reason}`).join("");
  return `${formatTable(heading, [...rows, ...baseRow], format)}\n${notes}${notes === "" ? "" : "\n"}`;
}

const reasonOf = (fluency: Fluency | undefined): string[] =>
  fluency?.basePerplexity.value === null ? [fluency.basePerplexity.reason] : [];

const numberText = ({ value }: Measure, digits: number): string => (value === null ? "-" : value.toFixed(digits));
