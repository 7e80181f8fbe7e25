import type { Measure, MethodPair, UncertainFigure } from "@uniarm/core/schema";
import { formatEstimate } from "@uniarm/eval";
import type { MethodCost, StudyReport } from "./study-report.ts";

/** A table as every format shows it. */
export interface ReportTable {
  /** for anchors and file names */
  id: string;
  title: string;
  heading: string[];
  rows: string[][];
  /** what its figures are, and over what */
  note: string;
}

/** Differences whose adjusted p is below this are marked. */
const SIGNIFICANT = 0.05;
const MARK = "*";

/** The tables of figures: of equal files, equal bytes. */
export function tablesOf(report: StudyReport): ReportTable[] {
  const { comparison } = report;
  return [
    figuresTable(report),
    ...(comparison.pairs.length > 0
      ? [differencesTable(report, "hypervolume"), differencesTable(report, "meanInnerProduct")]
      : []),
    ...report.fronts.map((front) => frontTable(report, front)),
  ];
}

function figuresTable({ comparison, optimum, missing }: StudyReport): ReportTable {
  const { methods, prompts, preferences, confidence } = comparison;
  const withOptimum = methods.some(({ optimumRegret }) => optimumRegret);
  const rows = methods.map(({ name, seeds, hypervolume, meanInnerProduct, poolRegret, optimumRegret }) => [
    name,
    seeds.length === 0 ? "" : String(seeds.length),
    uncertain(hypervolume),
    uncertain(meanInnerProduct),
    uncertain(poolRegret),
    ...(withOptimum ? [optimumRegret ? uncertain(optimumRegret) : ""] : []),
  ]);
  if (optimum)
    rows.push(["exact optimum", "", optimum.hypervolume.toFixed(3), optimum.meanInnerProduct.toFixed(3), "", "0.000"]);
  return {
    id: "figures",
    title: "Methods",
    heading: [
      "method",
      "seeds",
      "hypervolume",
      "mean inner product",
      "regret, pool",
      ...(withOptimum ? ["regret, optimum"] : []),
    ],
    rows,
    note:
      `${prompts} prompts at ${preferences.length} preferences. Brackets are ${percent(confidence)} intervals: over seeds and prompts where a method was trained more than once, else over prompts alone.` +
      (missing.length > 0 ? ` Not measured yet, and in no figure: ${missing.join(", ")}.` : ""),
  };
}

function differencesTable({ comparison }: StudyReport, figure: "hypervolume" | "meanInnerProduct"): ReportTable {
  const title = figure === "hypervolume" ? "hypervolume" : "mean inner product";
  return {
    id: `differences-${figure === "hypervolume" ? "hypervolume" : "mean-inner-product"}`,
    title: `Differences in ${title}`,
    heading: ["first", "second", "seeds", "first less second", "test", "p", "p, Holm", ""],
    rows: comparison.pairs.map((pair) => differenceRow(pair, figure)),
    note: `Paired over prompts, and over the seeds that both were trained with; ${MARK}: p after Holm's correction below ${SIGNIFICANT}. Tests by permutation exchange the two methods' answers to a prompt (${comparison.permutations} permutations).`,
  };
}

function differenceRow(pair: MethodPair, figure: "hypervolume" | "meanInnerProduct"): string[] {
  const { difference, tests } = pair[figure];
  const quoted = tests.at(-1); // over most
  const isMarked = quoted !== undefined && quoted.holm.value !== null && quoted.holm.value < SIGNIFICANT;
  return [
    pair.first,
    pair.second,
    pair.seeds.length === 0 ? "" : String(pair.seeds.length),
    uncertain(difference),
    quoted ? `${quoted.by} over ${quoted.over}` : "",
    quoted ? probability(quoted.pValue) : "",
    quoted ? probability(quoted.holm) : "",
    isMarked ? MARK : "",
  ];
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
    note:
      seeds > 1
        ? `Means over ${seeds} seeds; intervals over ${intervals}.`
        : `${seeds === 1 ? "One seed" : "Not trained"}; intervals over ${intervals}.`,
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
    note: "Seconds are of the machine that made them, and left out where a training was interrupted. Trained numbers are of all adapters of a training together.",
  };
}

export const preferenceText = (preference: readonly number[]): string =>
  preference.map((entry) => String(Number(entry.toFixed(3)))).join(", ");

const uncertain = ({ value, interval }: UncertainFigure): string => formatEstimate({ value, interval });
const percent = (share: number): string => `${Number((100 * share).toFixed(2))} %`;
const probability = (measure: Measure): string =>
  measure.value === null ? measure.reason : measure.value < 0.001 ? "<.001" : measure.value.toFixed(3);
