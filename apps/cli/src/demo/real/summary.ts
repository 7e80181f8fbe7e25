import type { EvaluationReport, Generation } from "@uniarm/core/schema";
import { formatEstimate, formatFluency, formatReport, formatTable } from "@uniarm/eval";
import type { DemoReports, Steered } from "../demo.ts";

/** The preferences whose answers are shown: both ends of the front and its middle. */
const SHOWN = [
  [1, 0],
  [0.5, 0.5],
  [0, 1],
];

/** What the demo prints at its end: front, figures and fluency beside the base model's, answers to one question. */
export function summary(method: string, { guided, base }: DemoReports, steered: Steered): string {
  const figures = [
    { name: method, front: guided.front },
    { name: "base model", front: base.front },
  ].map(({ name, front }) => [name, formatEstimate(front.hypervolume), formatEstimate(front.meanInnerProduct)]);
  return [
    `\n${formatReport(guided)}`,
    `${formatTable(["", "hypervolume", "mean inner product"], figures, "text")}\n`,
    `${formatFluency(guided)}`,
    ...steeringLines(guided),
    ...perplexityLine(guided),
    ...sampleAnswers(steered),
  ].join("\n");
}

const steeringLines = ({ metrics }: EvaluationReport): string[] => {
  const each = (metrics?.steering ?? []).map(
    ({ objective, spearman }) => `${objective} ${spearman.value === null ? "-" : spearman.value.toFixed(2)}`,
  );
  return each.length === 0 ? [] : [`Spearman of mean reward and preference along the grid: ${each.join(", ")}.`];
};

/** How far the worst preference's answers are from the base model's own. */
function perplexityLine({ front, base }: EvaluationReport): string[] {
  const known = front.points.map(({ fluency }) => fluency?.basePerplexity.value ?? null).filter((one) => one !== null);
  const own = base?.fluency?.basePerplexity.value ?? null;
  if (known.length === 0 || own === null) return [];
  return [
    `Perplexity under the base model: at most ${(Math.max(...known) / own).toFixed(2)} times that of its own answers.`,
  ];
}

/** The first question whose shown answers all end by themselves; the first of all where none's do. */
function sampleAnswers({ generations, scores }: Steered): string[] {
  const shown = [...Map.groupBy(generations, ({ promptId }) => promptId).values()].map((all) =>
    SHOWN.flatMap((preference) => all.find((one) => isAt(one, preference)) ?? []),
  );
  const answers = shown.find((all) => all.every(({ finish }) => finish !== "length")) ?? shown[0] ?? [];
  return [
    `\n${answers[0]?.prompt ?? ""}`,
    ...answers.map(({ promptId, preference, sample, text }) => {
      const rewards = scores.find(
        (one) => one.promptId === promptId && one.sample === sample && isAt(one, preference ?? []),
      )?.rewards;
      const numbers = Object.values(rewards ?? {}).map((reward) => reward.toFixed(2));
      return `  (${preference?.join(", ") ?? ""}) ${text.replaceAll(/\s+/g, " ")}  [${numbers.join(", ")}]`;
    }),
  ];
}

const isAt = ({ preference }: Pick<Generation, "preference">, other: readonly number[]): boolean =>
  preference !== null && preference.join() === other.join();
