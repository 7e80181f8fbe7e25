import { LINEAR_MODULES, methodOf, type Method, type ObjectiveList, type TrainingConfig } from "@uniarm/core/schema";
import type { z } from "zod";

/** What the answers are wanted to be. Their scores pull apart: a sentence has room for few cheerful words. */
export const EVERYDAY_OBJECTIVES: ObjectiveList = [
  { name: "cheerful", description: "The answer is cheerful, warm and positive.", direction: "maximize" },
  { name: "concise", description: "The answer is short and says only what is needed.", direction: "maximize" },
];

/** Programs that ship; both numbers lie between -1 and 1. */
export const EVERYDAY_PROGRAMS = [
  { shipped: "sentiment" as const, objectives: [{ name: "cheerful" }] },
  { shipped: "conciseness" as const, objectives: [{ name: "concise" }] },
];

/** What the questions end with: this model's answers to a bare one have no end. */
export const EVERYDAY_REQUEST = "Answer in one sentence.";

/** Where a model of this size writes fair English, and still says different things. */
export const EVERYDAY_SAMPLING = { temperature: 0.7, topP: 0.95 } as const;

/** Answers at once: many more take memory that a small machine has not. */
export const EVERYDAY_BATCH_ROWS = 80;

/** Frozen: 0 and 1 are the quartiles of the base model's own answers to the validation questions, four to each. */
export const EVERYDAY_PROTOCOL = {
  normaliser: { nadir: [0, -0.2], ideal: [0.75, 0.32] },
  referencePoint: [-0.1, -0.1],
};

/** How strongly such an ARM steers. */
export const EVERYDAY_STRENGTH = 3;
/** An answer ends there at the latest. */
export const EVERYDAY_ANSWER_TOKENS = 48;
/** Optimizer steps on some hundred prompts, eight answers each. */
export const EVERYDAY_STEPS = 100;

/**
 * How an ARM learns to steer a small real model from some hundred of its own answers. By imitation, of base model and ARM
 * together as they are decoded, so that what steers stays the model's own language.
 */
export function everydayTraining(method: Method, steps = EVERYDAY_STEPS): Partial<z.input<typeof TrainingConfig>> {
  const targets = [...LINEAR_MODULES];
  const adapter = {
    moslora: { kind: "moslora", rank: 8, alpha: 16, targets },
    pblora: { kind: "pblora", sharedRank: 8, preferenceRank: 7, alpha: 14, targets },
    lora: { kind: "lora", rank: 4, alpha: 8, targets },
    scorer: undefined, // it answers nothing: no demo trains it
  } as const;
  return {
    method,
    recipe: "imitation",
    rewardTemperature: 0.05,
    steps,
    batchPairs: 8,
    maxLengthTokens: 256,
    adapter: adapter[methodOf(method).adapter],
    optimizer: { learningRate: 2e-3, warmupSteps: 10, weightDecay: 0.01 },
  };
}
