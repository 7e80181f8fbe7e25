import { LINEAR_MODULES, type AdapterConfig, type ObjectiveList, type TrainingConfig } from "@uniarm/core/schema";
import type { z } from "zod";
import type { DemoConfig } from "./config.ts";

/** Longest response in tokens; tiny-world's longest is 33. */
export const MAX_NEW_TOKENS = 44;
/** Steps between the preference vectors of the demo: 11 vectors for two objectives, 21 for three. */
export const GRID_DIVISIONS = { 2: 10, 3: 5 } as const;

/** Adapters of equal size per method: 47,616 (uniarm), 53,232 (parm), 2 x 52,224 (genarm) parameters on the default base. */
const ADAPTERS: Record<DemoConfig["method"], z.input<typeof AdapterConfig>> = {
  uniarm: { kind: "moslora", rank: 4, alpha: 8, targets: [...LINEAR_MODULES] },
  parm: { kind: "pblora", sharedRank: 4, preferenceRank: 4, alpha: 8, targets: [...LINEAR_MODULES] },
  genarm: { kind: "lora", rank: 8, alpha: 16, targets: [...LINEAR_MODULES] },
};

/** How tiny-world's reward models are trained. Large models want a far smaller beta; here less breaks the ARM's own language. */
export function trainingRecipe(
  config: DemoConfig,
  files: { model: string; pairs: string; output: string },
  objectives: ObjectiveList,
): z.input<typeof TrainingConfig> {
  return {
    method: config.method,
    ...baseWeightsOf(config),
    ...files,
    objectives,
    adapter: ADAPTERS[config.method],
    optimizer: { learningRate: 2e-3, warmupSteps: 20, weightDecay: 0.01 },
    steps: config.steps,
    batchPairs: 32,
    beta: 1,
    preferenceShuffled: config.shuffled,
    maxLengthTokens: 96,
    seed: config.seed,
  };
}

/** What the demo asks of every phase that opens the base model; the phases' own default where it says nothing. */
export const baseWeightsOf = ({ baseWeights }: DemoConfig): Pick<DemoConfig, "baseWeights"> =>
  baseWeights ? { baseWeights } : {};
