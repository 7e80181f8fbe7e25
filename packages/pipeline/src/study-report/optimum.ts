import type { Generation } from "@uniarm/core/schema";
import { hypervolume, meanInnerProduct, normalise } from "@uniarm/eval";
import { exactBest, parsePrompt, tinyWorldProtocol } from "@uniarm/tiny-world";
import type { StudyConfig } from "../schema/study.ts";
import type { StudyReport } from "./study-report.ts";

/** The best mean rewards on the prompts that were answered; null for a task whose optimum nobody knows. */
export function optimumOf(
  { task }: StudyConfig,
  generations: readonly Generation[],
  preferences: readonly (readonly number[])[],
): StudyReport["optimum"] {
  if (task.type !== "tiny-world") return null;
  const prompts = new Map(generations.map(({ promptId, prompt }) => [promptId, prompt]));
  const levels = [...prompts.values()].map((prompt) => parsePrompt(prompt).level);
  const points = preferences.map((preference) => ({
    preference: [...preference],
    mean: preference.map((_, axis) => mean(levels.map((level) => exactBest(level, preference).rewards[axis]!))),
  }));
  const { normaliser, referencePoint } = tinyWorldProtocol(task.objectives);
  const means = points.map((point) => point.mean);
  return {
    points,
    hypervolume: hypervolume(
      means.map((rewards) => normalise(rewards, normaliser)),
      referencePoint,
    ),
    meanInnerProduct: meanInnerProduct(preferences, means),
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
