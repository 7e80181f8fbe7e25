import { formatEstimate, methodTables, type ReportTable } from "@uniarm/eval";
import type { MethodCost, StudyReport } from "./study-report.ts";

/** The tables of figures: of equal results, equal bytes. */
export function tablesOf(report: StudyReport): ReportTable[] {
  const [methods, ...others] = methodTables(report.comparison);
  return [withOptimum(methods!, report), ...others, ...report.fronts.map((front) => frontTable(report, front))];
}

function withOptimum({ rows, notes, ...table }: ReportTable, { optimum, missing }: StudyReport): ReportTable {
  const exact = optimum && [
    ["exact optimum", "none", optimum.hypervolume.toFixed(3), optimum.meanInnerProduct.toFixed(3), "", "0.000"],
  ];
  const left = missing.length > 0 ? [`Not measured yet, and in no figure: ${missing.join(", ")}.`] : [];
  return { ...table, rows: [...rows, ...(exact ?? [])], notes: [...notes, ...left] };
}

function frontTable(
  { objectives }: StudyReport,
  { name, seeds, points, intervals }: StudyReport["fronts"][number],
): ReportTable {
  return {
    id: `front-${name}`,
    title: `Front of ${name}`,
    heading: [
      `preference (${objectives.map((objective) => objective.name).join(", ")})`,
      ...objectives.map((objective) => `mean ${objective.name}`),
    ],
    rows: points.map(({ preference, mean }) => [preferenceText(preference), ...mean.map(formatEstimate)]),
    notes: [
      seeds > 1
        ? `Means over ${seeds} seeds; intervals over ${intervals}.`
        : `${seeds === 1 ? "One seed" : "Not trained"}; intervals over ${intervals}.`,
    ],
  };
}

/** Apart from the others: seconds differ each time. */
export function costsTable(costs: readonly MethodCost[]): ReportTable {
  return {
    id: "costs",
    title: "Costs",
    heading: ["method", "trained numbers", "passes a token", "steps", "seconds a training", "trainings"],
    rows: costs.map(({ name, parameters, passes, steps, seconds, trainings }) => [
      name,
      parameters?.toLocaleString("en-US") ?? "",
      String(passes),
      steps === null ? "" : String(steps),
      seconds === null ? "" : seconds.toFixed(0),
      trainings === 0 ? "" : String(trainings),
    ]),
    notes: [
      "Trained numbers are of all adapters of a training together.",
      "Seconds are of the machine that made them, and left out where a training was interrupted. Methods that are one training, decoded in two ways, share it.",
    ],
  };
}

export const preferenceText = (preference: readonly number[]): string =>
  preference.map((entry) => String(Number(entry.toFixed(3)))).join(", ");
