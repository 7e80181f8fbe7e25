import { EVALUATION_METRICS, type EvaluationReport } from "@uniarm/core/schema";
import { formatEstimate } from "./format-report.ts";
import { formatTable, type TableFormat } from "./format-table.ts";

const { title, sentence } = EVALUATION_METRICS.klFromBase;

/**
 * How far the steered model is from the base at each preference; a sentence alone where that is not defined, null where it is not
 * known how the answers were drawn.
 */
export function formatKl({ config, front }: EvaluationReport, format: TableFormat = "text"): string | null {
  const measured = front.points.flatMap(({ preference, klFromBase }) =>
    klFromBase ? [{ preference, klFromBase }] : [],
  );
  if (measured.length === 0) return null;
  const reasons = measured.flatMap(({ klFromBase: kl }) => (kl.value === null ? [kl.reason] : []));
  const notes = [...new Set(reasons)].map((reason) => `No ${title}: ${reason}\n`).join("");
  if (reasons.length === measured.length) return notes;
  const rows = measured.map(({ preference, klFromBase: kl }) => [
    preference.map((entry) => entry.toFixed(2)).join(", "),
    kl.value === null ? "-" : formatEstimate(kl),
  ]);
  const heading = [`preference (${config.objectives.map(({ name }) => name).join(", ")})`, title];
  return `${formatTable(heading, rows, format)}\n\n${sentence}\n${notes}`;
}
