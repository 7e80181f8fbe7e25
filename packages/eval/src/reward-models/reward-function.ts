import { UniArmError, type RewardModelConfig } from "@uniarm/core/schema";
import type { RewardModelJson } from "./kinds.ts";
import type { ScoredModel } from "./scored-model.ts";

/** How the labels' scores become the reward. @throws UniArmError reward-model-label, reward-model-output */
export function rewardFunction(
  { label, output, normaliser, model: folder }: RewardModelConfig,
  { labels, stored }: ScoredModel,
  { id2label, problem_type: problem }: RewardModelJson,
): (scores: readonly number[]) => number {
  const names = Array.from({ length: labels }, (_, index) => id2label?.[String(index)] ?? `LABEL_${index}`);
  const chosen =
    label === undefined ? (labels === 1 ? 0 : -1) : typeof label === "string" ? names.indexOf(label) : label;
  if (chosen < 0 || chosen >= labels) {
    const asked = label === undefined ? "has several labels" : `has no label ${JSON.stringify(label)}`;
    throw new UniArmError(
      "reward-model-label",
      `The reward model ${folder} ${asked}: ${names.map((name, index) => `${index} "${name}"`).join(", ")}. Set label to the one whose score is the reward.`,
    );
  }
  if (output === "probability" && problem === "regression" && labels > 1) {
    throw new UniArmError(
      "reward-model-output",
      `The reward model ${folder} is a regression (problem_type): its ${labels} labels are numbers, not probabilities. Set output to score.`,
    );
  }
  const isEachByItself = labels === 1 || problem === "multi_label_classification";
  const normal = normaliser === "none" ? null : normaliser === "model" ? stored : normaliser;
  return (scores) => {
    const raw = output === "probability" ? probability(scores, chosen, isEachByItself) : scores[chosen]!;
    return normal ? (raw - normal.mean) / normal.deviation : raw;
  };
}

function probability(scores: readonly number[], chosen: number, isEachByItself: boolean): number {
  if (isEachByItself) return 1 / (1 + Math.exp(-scores[chosen]!));
  const highest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - highest));
  return weights[chosen]! / weights.reduce((sum, weight) => sum + weight, 0);
}
