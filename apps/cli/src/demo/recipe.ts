import { type ObjectiveList, type TrainingConfig } from "@uniarm/core/schema";
import { tinyWorldRecipe } from "@uniarm/tiny-world";
import type { z } from "zod";
import type { DemoConfig } from "./config.ts";

/** Longest response in tokens; tiny-world's longest is 33. */
export const MAX_NEW_TOKENS = 44;
/** Steps between the preference vectors of the demo: 11 vectors for two objectives, 21 for three. */
export const GRID_DIVISIONS = { 2: 10, 3: 5 } as const;

/** The demo's training: tiny-world's recipe with the demo's own settings. */
export function trainingRecipe(
  config: DemoConfig,
  files: { model: string; pairs: string; output: string },
  objectives: ObjectiveList,
): z.input<typeof TrainingConfig> {
  return {
    ...tinyWorldRecipe(config.method, config.steps),
    ...baseWeightsOf(config),
    ...files,
    objectives,
    preferenceShuffled: config.shuffled,
    seed: config.seed,
  };
}

/** What the demo asks of every phase that opens the base model; the phases' own default where it says nothing. */
export const baseWeightsOf = ({ baseWeights }: DemoConfig): Pick<DemoConfig, "baseWeights"> =>
  baseWeights ? { baseWeights } : {};
