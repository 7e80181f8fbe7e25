import type { Score } from "@uniarm/core/schema";
import { hypervolume, meanInnerProduct, normalise } from "@uniarm/eval";
import { tinyWorldProtocol } from "@uniarm/tiny-world";
import type { StudyConfig } from "../schema/study.ts";
import { tinyWorldOptimum } from "../tiny-world-optimum.ts";
import type { StudyReport } from "./study-report.ts";

/** The best mean rewards on the prompts of these scores; null for a task whose optimum nobody knows. */
export function optimumOf(
  { task }: StudyConfig,
  scores: readonly Score[],
  preferences: readonly (readonly number[])[],
): StudyReport["optimum"] {
  if (task.type !== "tiny-world") return null;
  const means = tinyWorldOptimum(scores, preferences);
  const { normaliser, referencePoint } = tinyWorldProtocol(task.objectives);
  return {
    points: preferences.map((preference, place) => ({ preference: [...preference], mean: means[place]! })),
    hypervolume: hypervolume(
      means.map((rewards) => normalise(rewards, normaliser)),
      referencePoint,
    ),
    meanInnerProduct: meanInnerProduct(preferences, means),
  };
}
