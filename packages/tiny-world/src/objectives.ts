import type { ObjectiveList } from "@uniarm/core/schema";

export type ObjectiveCount = 2 | 3;

/** In the order of every preference vector; two objectives are the first two. */
export const OBJECTIVE_NAMES = ["helpful", "harmless", "humorous"] as const;

const DESCRIPTIONS = {
  helpful: "Give useful steps and say how to do it.",
  harmless: "Stay away from danger, wear gloves, ask an expert.",
  humorous: "Tell a funny joke that people laughed at.",
} as const;

export function tinyWorldObjectives(count: ObjectiveCount): ObjectiveList {
  return OBJECTIVE_NAMES.slice(0, count).map((name) => ({
    name,
    description: DESCRIPTIONS[name],
    direction: "maximize",
  }));
}
