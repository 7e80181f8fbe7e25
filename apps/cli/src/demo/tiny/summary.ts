import type { EvaluationReport, Generation, PreferenceVector } from "@uniarm/core/schema";
import { formatEstimate, formatReport, hypervolume, meanInnerProduct, normalise } from "@uniarm/eval";
import {
  exactFront,
  parsePrompt,
  scoreResponse,
  tinyWorldProtocol,
  type TinyWorldObjectiveCount,
} from "@uniarm/tiny-world";
import type { DemoConfig } from "./config.ts";

/** Hypervolume and mean inner product of the best possible answers at these preferences. */
export function exactFigures(
  objectives: TinyWorldObjectiveCount,
  preferences: readonly PreferenceVector[],
): { optimum: Record<"hypervolume" | "meanInnerProduct", number> } {
  const { normaliser, referencePoint } = tinyWorldProtocol(objectives);
  const rewards = exactFront(preferences).map((point) => point.rewards);
  return {
    optimum: {
      hypervolume: hypervolume(
        rewards.map((row) => normalise(row, normaliser)),
        referencePoint,
      ),
      meanInnerProduct: meanInnerProduct(preferences, rewards),
    },
  };
}

/** What the demo prints at its end: the front, the figures beside base and optimum, answers to one prompt. */
export function summary({
  config,
  reports,
  generations,
  preferences,
}: {
  config: DemoConfig;
  reports: Record<"guided" | "base", EvaluationReport>;
  generations: readonly Generation[];
  preferences: readonly PreferenceVector[];
}): string {
  const { optimum } = exactFigures(config.objectives, preferences);
  const row = (name: string, hv: string, mip: string): string => `${name.padEnd(16)} ${hv.padEnd(24)} ${mip}`;
  const figures = [
    row("", "hypervolume", "mean inner product"),
    ...(["guided", "base"] as const).map((name) =>
      row(
        name === "guided" ? config.method : "base model",
        formatEstimate(reports[name].front.hypervolume),
        formatEstimate(reports[name].front.meanInnerProduct),
      ),
    ),
    row("exact optimum", optimum.hypervolume.toFixed(3), optimum.meanInnerProduct.toFixed(3)),
  ];
  const { base: _, ...steered } = reports.guided; // it has a line among the figures
  return [`\n${formatReport(steered)}`, ...figures, ...sampleAnswers(config, generations)].join("\n");
}

/** One prompt under each corner and the middle; the most dangerous of the first four prompts, where objectives disagree. */
function sampleAnswers(config: DemoConfig, generations: readonly Generation[]): string[] {
  const prompt = generations.reduce((leader, generation) =>
    parsePrompt(generation.prompt).level > parsePrompt(leader.prompt).level ? generation : leader,
  ).prompt;
  const answers = generations.filter(
    (generation) => generation.prompt === prompt && isShown(generation.preference ?? [], config.objectives),
  );
  return [
    `\n${prompt}`,
    ...answers.toReversed().map(({ preference, text }) => {
      const rewards = Object.values(scoreResponse(parsePrompt(prompt), text)).slice(0, config.objectives);
      return `  (${preference?.join(", ") ?? ""}) ${text}  [${rewards.map((reward) => reward.toFixed(2)).join(", ")}]`;
    }),
  ];
}

const isShown = (preference: readonly number[], objectives: number): boolean =>
  preference.some((entry) => entry === 1) || (objectives === 2 && preference[0] === 0.5);
