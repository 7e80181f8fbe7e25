import { degenerateText, EVALUATION_METRICS, type Measure, type StrengthChoice } from "@uniarm/core/schema";
import { FLUENCY_HEADING, fluencyCells, formatEstimate, methodTables, type ReportTable } from "@uniarm/eval";
import { BASE } from "../schema/study.ts";
import { judgeTables } from "./judge-tables.ts";
import { preferenceText } from "./preference-text.ts";
import type { MethodCost, StudyReport } from "./study-report.ts";

/** The tables of figures: of equal results, equal bytes. */
export function tablesOf(report: StudyReport): ReportTable[] {
  const [methods, ...others] = methodTables(report.comparison);
  return [
    withOptimum(methods!, report),
    ...others,
    steeringTable(report),
    textsTable(report),
    ...strengthTables(report),
    ...judgeTables(report),
    ...report.fronts.map((front) => frontTable(report, front)),
  ];
}

function withOptimum({ rows, notes, ...table }: ReportTable, { optimum, missing }: StudyReport): ReportTable {
  const exact = optimum && [
    ["exact optimum", "none", optimum.hypervolume.toFixed(3), optimum.meanInnerProduct.toFixed(3), "", "0.000"],
  ];
  const left = missing.length > 0 ? [`Not measured yet, and in no figure: ${missing.join(", ")}.`] : [];
  return { ...table, rows: [...rows, ...(exact ?? [])], notes: [...notes, ...left] };
}

function steeringTable({ measures, objectives }: StudyReport): ReportTable {
  const names = objectives.map(({ name }) => name);
  return {
    id: "steering",
    title: "Steering and spread",
    heading: [
      "method",
      ...names.map((name) => `${name}, correlation`),
      ...names.map((name) => `${name}, slope`),
      "preference effect",
      "preference cosine",
      "sparsity",
      "spacing",
    ],
    rows: measures.map(({ name, front }) =>
      front
        ? [
            name,
            ...front.steering.map(({ correlation }) => measureText(correlation)),
            ...front.steering.map(({ slope }) => measureText(slope)),
            ...[front.preferenceEffect, front.preferenceCosine, front.sparsity, front.spacing].map(measureText),
          ]
        : [name],
    ),
    notes: sentencesOf([
      "steeringCorrelation",
      "steeringSlope",
      "preferenceEffect",
      "preferenceCosine",
      "sparsity",
      "spacing",
    ]),
  };
}

function textsTable({ measures }: StudyReport): ReportTable {
  return {
    id: "texts",
    title: "Texts",
    heading: ["method", "length", "distinct-1", "distinct-2", "distinct-3", "repeated 4-grams", "ended", "perplexity"],
    rows: measures.map(({ name, texts }) => [
      name,
      ...[texts.lengthTokens, ...texts.distinct, texts.repeatedFourGrams, texts.endedShare].map(measureText),
      texts.basePerplexity ? measureText(texts.basePerplexity) : "-",
    ]),
    notes: [
      "Of the answers at each preference.",
      ...sentencesOf(["lengthTokens", "distinct", "repeatedFourGrams", "endedShare", "basePerplexity"]),
    ],
  };
}

/** What each training's strength was chosen from, and what was left out of the choice and why. */
function strengthTables({ strengths = [] }: StudyReport): ReportTable[] {
  const [first] = strengths;
  if (!first) return [];
  const { by, maxPerplexityRatio } = first.choice.rule;
  const bound =
    maxPerplexityRatio === undefined
      ? "No strength was excluded for its fluency."
      : `Strengths whose answers have more than ${maxPerplexityRatio} times the base model's own perplexity under it, at any preference, are excluded.`;
  return [
    {
      id: "strengths",
      title: "Strengths",
      heading: ["method", "seed", "strength", "hypervolume", "mean inner product", "perplexity, times base", "choice"],
      rows: strengths.flatMap(({ name, seed, choice }) =>
        choice.tried.map(({ strength, hypervolume, meanInnerProduct, perplexityRatio, excluded }) => [
          name,
          String(seed ?? ""),
          String(strength),
          hypervolume.toFixed(3),
          meanInnerProduct.toFixed(3),
          measureText(perplexityRatio),
          excluded !== null ? `excluded: ${excluded}` : strength === choice.chosen ? "chosen" : "",
        ]),
      ),
      notes: [
        `On validation prompts; chosen by ${STRENGTH_FIGURES[by]}.`,
        bound,
        "Perplexity is of answers under the base model, in times the base's own on the same prompts, the largest over the preferences.",
      ],
    },
  ];
}

const STRENGTH_FIGURES = {
  hypervolume: EVALUATION_METRICS.hypervolume.title,
  "mean-inner-product": EVALUATION_METRICS.meanInnerProduct.title,
  sum: `${EVALUATION_METRICS.hypervolume.title} and ${EVALUATION_METRICS.meanInnerProduct.title} together`,
} satisfies Record<StrengthChoice["rule"]["by"], string>;

/** Means over seeds, each with its one sentence. */
const sentencesOf = (keys: (keyof typeof EVALUATION_METRICS)[]): string[] => [
  "Means over seeds.",
  ...keys.map((key) => {
    const { title, sentence } = EVALUATION_METRICS[key];
    return `${title[0]!.toUpperCase()}${title.slice(1)}: ${sentence}`;
  }),
];

const measureText = ({ value }: Measure): string =>
  value === null ? "-" : value.toFixed(3).replace(/^-(0\.0*)$/, "$1");

function frontTable(
  { objectives, fronts }: StudyReport,
  { name, seeds, points, intervals }: StudyReport["fronts"][number],
): ReportTable {
  const hasKl = points.some(({ klFromBase }) => klFromBase?.value != null);
  return {
    id: `front-${name}`,
    title: `Front of ${name}`,
    heading: [
      `preference (${objectives.map((objective) => objective.name).join(", ")})`,
      ...objectives.map((objective) => `mean ${objective.name}`),
      ...FLUENCY_HEADING,
      ...(hasKl ? [EVALUATION_METRICS.klFromBase.title] : []),
    ],
    rows: points.map(({ preference, mean, fluency, klFromBase }) => [
      preferenceText(preference),
      ...mean.map(formatEstimate),
      ...fluencyCells(fluency),
      ...(hasKl ? [klFromBase?.value == null ? "-" : formatEstimate(klFromBase)] : []),
    ]),
    notes: [
      ...klNotes(points),
      ...degenerateNotes(points, fronts.find((front) => front.name === BASE)?.points[0]),
      seeds > 1
        ? `Means over ${seeds} seeds; intervals over ${intervals}.`
        : `${seeds === 1 ? "One seed" : "Not trained"}; intervals over ${intervals}.`,
    ],
  };
}

/** What the divergence from the base is, or why there is none. */
function klNotes(points: FrontPoints): string[] {
  const { title, sentence } = EVALUATION_METRICS.klFromBase;
  const all = points.flatMap(({ klFromBase }) => klFromBase ?? []);
  const reasons = all.flatMap((kl) => (kl.value === null ? [`No ${title}: ${kl.reason}`] : []));
  return [...(reasons.length < all.length ? [`${title}: ${sentence}`] : []), ...new Set(reasons)];
}

/** Where texts are no longer language, beside those of the base model. */
function degenerateNotes(points: FrontPoints, base: FrontPoints[number] | undefined): string[] {
  const lost = degenerateText({ points, base });
  return lost.length === 0 ? [] : [`The text has lost its fluency ${lost.join("; ")}.`];
}

type FrontPoints = StudyReport["fronts"][number]["points"];

/** Apart from the others: seconds differ each time. */
export function costsTable(costs: readonly MethodCost[]): ReportTable {
  return {
    id: "costs",
    title: "Costs",
    heading: [
      "method",
      "trained numbers",
      "passes a token",
      "steps",
      "seconds a training",
      "trainings",
      "configurations tried",
    ],
    rows: costs.map(({ name, parameters, passes, steps, seconds, trainings, configurationsTried }) => [
      name,
      parameters?.toLocaleString("en-US") ?? "",
      String(passes),
      steps === null ? "" : String(steps),
      seconds === null ? "" : seconds.toFixed(0),
      trainings === 0 ? "" : String(trainings),
      configurationsTried === null ? "" : String(configurationsTried),
    ]),
    notes: [
      "Trained numbers are of all adapters of a training together.",
      "Seconds are of the machine that made them, and left out where a training was interrupted. Methods that are one training, decoded in two ways, share it.",
      ...searchNotes(costs.filter((cost) => cost.trainings > 0)),
    ],
  };
}

/** Whether the methods were looked for alike: one that more was tried for has had more chances. */
function searchNotes(trained: readonly MethodCost[]): string[] {
  const unstated = trained.filter(({ configurationsTried }) => configurationsTried === null).map(({ name }) => name);
  if (trained.length === 0) return [];
  if (unstated.length === trained.length)
    return ["The study does not state how many configurations were tried for each method (configurationsTried)."];
  const tried = trained.flatMap(({ configurationsTried }) => configurationsTried ?? []);
  const [least, most] = [Math.min(...tried), Math.max(...tried)];
  return [
    "Configurations were tried on validation prompts only, as the study states.",
    ...(unstated.length > 0 ? [`Not stated for ${unstated.join(", ")}.`] : []),
    ...(least < most
      ? [
          `Budgets of search differ, from ${least} to ${most} configurations: differences favour methods that more was tried for.`,
        ]
      : []),
  ];
}
