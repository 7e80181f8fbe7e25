import { preferenceGrid, type PreferenceVector } from "@uniarm/core/schema";
import { planLaunch, type Plan } from "@uniarm/pipeline/schema";
import { tinyWorldRecipe } from "@uniarm/tiny-world";
import { settledDemo, type DemoConfig } from "./config.ts";

/** Steps between the preference vectors of the demo: 11 vectors for two objectives, 21 for three. */
const GRID_DIVISIONS = { 2: 10, 3: 5 } as const;

/** The study that the demo is: one method at one seed on tiny-world, beside the base model alone. */
export function demoPlan(config: DemoConfig, model: string): Plan {
  const { method, objectives, pairs, testPrompts, shuffled, baseWeights, seed, ...training } = settledDemo(config);
  const { recipe, steps, strength, roundSteps, roundPrompts, roundSamples } = training;
  const rounds = training.rounds > 0 ? { rounds: training.rounds, roundSteps, roundPrompts, roundSamples } : undefined;
  return planLaunch("study", {
    model,
    ...(baseWeights ? { baseWeights } : {}),
    task: { type: "tiny-world", objectives, pairs, testPrompts },
    methods: [
      {
        name: method,
        training: { ...tinyWorldRecipe(method, { recipe, steps, rounds }), preferenceShuffled: shuffled },
        strength,
      },
    ],
    seeds: [seed],
    divisions: GRID_DIVISIONS[objectives],
    seed,
  });
}

export const demoPreferences = ({ objectives }: DemoConfig): PreferenceVector[] =>
  preferenceGrid(objectives, GRID_DIVISIONS[objectives]);
