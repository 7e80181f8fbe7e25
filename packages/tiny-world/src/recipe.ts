import { methodOf, type Method, type TrainingConfig } from "@uniarm/core/schema";
import type { z } from "zod";

/** How strongly tiny-world's ARMs steer. */
export const TINY_WORLD_STRENGTH = 4;
/** Longest response in tokens; tiny-world's longest is 33. */
export const TINY_WORLD_RESPONSE_TOKENS = 44;

/** How tiny-world's ARMs are trained. Large models need a far smaller beta; here a smaller one spoils the ARM's language. */
export function tinyWorldRecipe(method: Method, steps: number): Partial<z.input<typeof TrainingConfig>> {
  return {
    method,
    steps,
    batchPairs: 32,
    beta: 1,
    maxLengthTokens: 96,
    adapter: methodOf(method).tinyWorldAdapter,
    optimizer: { learningRate: 2e-3, warmupSteps: 20, weightDecay: 0.01 },
  };
}
