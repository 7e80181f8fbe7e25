export { createAdamW, type AdamW, type AdamWOptions, type AdamWState } from "./adamw.ts";
export { clipByGlobalNorm, type ClippedGradients, type Gradients } from "./gradients.ts";
export { learningRateAt } from "./learning-rate.ts";
export { pairStatistics, readPairs, type PairStatistics } from "./pairs.ts";
export type { LossSettings, MicroBatch } from "./pair-objective.ts";
export { pretrain } from "./pretrain.ts";
export { trainStep, type StepReport } from "./step.ts";
export { train, type TrainOptions } from "./train.ts";
