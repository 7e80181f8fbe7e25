import type { OptimizerConfig, PretrainingConfig } from "@uniarm/core/schema";

/** The base models that ship with this package. */
export type ShippedModel = "default" | "quick";

/** Those, and a larger one that is made where it is needed: what a small model's ARM steers (weak to strong). */
export type TinyWorldModel = ShippedModel | "large";

/** How each base is pre-trained. */
export const PRETRAINING: Record<
  TinyWorldModel,
  { texts: number; steps: number; batchTexts: number; optimizer: OptimizerConfig }
> = {
  default: { texts: 12_000, steps: 1200, batchTexts: 32, optimizer: pretrainingOptimizer(4e-3) },
  quick: { texts: 12_000, steps: 600, batchTexts: 32, optimizer: pretrainingOptimizer(5e-3) },
  large: { texts: 24_000, steps: 1200, batchTexts: 32, optimizer: pretrainingOptimizer(1.5e-3) },
};

/** AdamW of every base: warm-up 30 steps, cosine to 5 %. */
function pretrainingOptimizer(learningRate: number): PretrainingConfig["optimizer"] {
  return {
    learningRate,
    warmupSteps: 30,
    finalLearningRateShare: 0.05,
    weightDecay: 0.1,
    adamBeta1: 0.9,
    adamBeta2: 0.95,
    adamEpsilon: 1e-8,
    maxGradNorm: 1,
  };
}
