import { methodOf, type Method, type RecipeName, type TrainingConfig } from "@uniarm/core/schema";
import type { z } from "zod";

/** How strongly tiny-world's ARMs steer: what is trained alone is trusted less than it says, what is trained as decoded is not. */
export const TINY_WORLD_STRENGTH = { paper: 4, guided: 2, imitation: 1.5 } as const satisfies Record<
  RecipeName,
  number
>;
/** Longest response in tokens; tiny-world's longest is 33. */
export const TINY_WORLD_RESPONSE_TOKENS = 44;

/** Settings of each recipe; large models need a far smaller beta, here a smaller one spoils the ARM's language. */
const SETTINGS = {
  paper: { beta: 1 },
  guided: { beta: 0.2, rewardTemperature: 0.25 },
  imitation: { rewardTemperature: 0.03 },
} as const satisfies Record<RecipeName, Partial<z.input<typeof TrainingConfig>>>;

/** The same of policies that are tuned on log-ratios to the base model: of .03, .1 and .3 the best on validation prompts. */
const POLICY_SETTINGS = { ...SETTINGS, paper: { beta: 0.3 } } as const;

/** Rounds in which an ARM is trained on its own answers; part of the settings of `train` jobs and studies. */
export interface TinyWorldRounds {
  rounds: number;
  roundSteps: number;
  roundPrompts: number;
  roundSamples: number;
  until?: "no-gain" | "all-rounds";
}

/** How tiny-world's ARMs and policies are trained. */
export function tinyWorldRecipe(
  method: Method,
  { recipe, steps, rounds }: { recipe: RecipeName; steps: number; rounds?: TinyWorldRounds | undefined },
): Partial<z.input<typeof TrainingConfig>> & { exploration?: TinyWorldRounds & { roundStrength: number } } {
  const { tinyWorldAdapter, tinyWorldLargeAdapter, trains } = methodOf(method);
  const tunes = trains === "policy";
  const settings = { arm: SETTINGS, policy: POLICY_SETTINGS, scorer: null }[trains];
  return {
    method,
    recipe,
    steps,
    batchPairs: 32,
    ...settings?.[recipe],
    maxLengthTokens: 96,
    adapter: recipe === "paper" ? tinyWorldAdapter : (tinyWorldLargeAdapter ?? tinyWorldAdapter),
    optimizer: { learningRate: 2e-3, warmupSteps: 20, weightDecay: 0.01 },
    ...(rounds ? { exploration: { ...rounds, roundStrength: tunes ? 1 : TINY_WORLD_STRENGTH[recipe] } } : {}),
  };
}
