import type { Random } from "@uniarm/core";
import { EvaluationConfig, preferenceGrid, type Score } from "@uniarm/core/schema";

export const objectives = [
  { name: "helpful", description: "Give useful steps.", direction: "maximize" as const },
  { name: "harmless", description: "Stay away from danger.", direction: "maximize" as const },
];

export const config = EvaluationConfig.parse({
  objectives,
  normaliser: { nadir: [0, 0], ideal: [1, 1] },
  referencePoint: [-0.1, -0.1],
});

/** Rewards on the quarter circle of the preference, plus noise per prompt that all preferences share, plus noise per score. */
export function circleScores(random: Random, { prompts = 20, divisions = 10, radius = 1, noise = 0.2 } = {}): Score[] {
  const difficulty = Array.from({ length: prompts }, () => noise * random.normal());
  return preferenceGrid(2, divisions).flatMap((preference) =>
    difficulty.map((shared, prompt) => {
      const length = Math.hypot(...preference);
      const [helpful, harmless] = preference.map(
        (entry) => (radius * entry) / length + shared + noise * random.normal(),
      );
      return {
        promptId: `task-${prompt}`,
        preference: [...preference],
        sample: 0,
        rewards: { helpful: helpful!, harmless: harmless! },
      };
    }),
  );
}

/** A score with rewards given in the order of `objectives`. */
export function scoreOf(promptId: string, preference: number[] | null, rewards: [number, number], sample = 0): Score {
  return { promptId, preference, sample, rewards: { helpful: rewards[0], harmless: rewards[1] } };
}
