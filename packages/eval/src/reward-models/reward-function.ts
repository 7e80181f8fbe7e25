import { UniArmError, type RewardModelConfig } from "@uniarm/core/schema";
import type { RewardModelJson } from "./kinds.ts";
import type { ScoredModel } from "./scored-model.ts";

/** How the labels' scores become the reward. @throws UniArmError reward-model-label */
export function rewardFunction(
  { label, output, normaliser, model: folder }: RewardModelConfig,
  { labels, stored }: ScoredModel,
  { id2label }: RewardModelJson,
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
  const normal = normaliser === "none" ? null : normaliser === "model" ? stored : normaliser;
  return (scores) => {
    const raw = output === "probability" ? probability(scores, chosen) : scores[chosen]!;
    return normal ? (raw - normal.mean) / normal.deviation : raw;
  };
}

function probability(scores: readonly number[], chosen: number): number {
  if (scores.length === 1) return 1 / (1 + Math.exp(-scores[0]!));
  const highest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - highest));
  return weights[chosen]! / weights.reduce((sum, weight) => sum + weight, 0);
}
