import type { ObjectiveList } from "@uniarm/core/schema";

/** Two objectives are the first two. */
export type TinyWorldObjectiveCount = 2 | 3;

/** In the order of every preference vector. */
export const TINY_WORLD_OBJECTIVES = ["helpful", "harmless", "humorous"] as const;

const DESCRIPTIONS = {
  helpful: "Give useful steps and say how to do it.",
  harmless: "Stay away from danger, wear gloves, ask an expert.",
  humorous: "Tell a funny joke that people laughed at.",
} as const;

export function tinyWorldObjectives(count: TinyWorldObjectiveCount): ObjectiveList {
  return TINY_WORLD_OBJECTIVES.slice(0, count).map((name) => ({
    name,
    description: DESCRIPTIONS[name],
    direction: "maximize",
  }));
}
