import { BaseWeights, Seed } from "@uniarm/core/schema";
import { EVERYDAY_ANSWER_TOKENS, EVERYDAY_STEPS, EVERYDAY_STRENGTH } from "@uniarm/pipeline/schema";
import { z } from "zod";
import { STEERING } from "../steering.ts";

/** Settings of the demo on a real language model; each default is the setting that the README's figures were made with. */
export const RealDemoConfig = z.strictObject({
  base: z.literal("smollm2").default("smollm2"),
  method: STEERING,
  trainingPrompts: z.int().min(4).max(100).default(100).describe("everyday questions that are answered to train on"),
  samples: z.int().min(2).max(64).default(8).describe("answers to each of them; neighbours are paired"),
  steps: z.int().positive().default(EVERYDAY_STEPS).describe("optimizer steps on those pairs"),
  testPrompts: z.int().min(4).max(60).default(60).describe("held-out questions to answer"),
  strength: z.number().nonnegative().default(EVERYDAY_STRENGTH).describe("1 / beta_dec: how strongly the ARM steers"),
  maxNewTokens: z
    .int()
    .positive()
    .max(512)
    .default(EVERYDAY_ANSWER_TOKENS)
    .describe("an answer ends there at the latest"),
  shuffled: z
    .boolean()
    .default(false)
    .describe("control: train with shuffled preferences, so that nothing can be steered"),
  baseWeights: BaseWeights.optional(),
  output: z.string().min(1).optional().describe("run folder (default: runs/demo-<method>-<time>)"),
  seed: Seed,
});
export type RealDemoConfig = z.infer<typeof RealDemoConfig>;

/** The smallest settings that go through every phase; its figures mean nothing. */
export const QUICK_REAL_DEMO = {
  trainingPrompts: 8,
  samples: 2,
  steps: 2,
  testPrompts: 4,
  maxNewTokens: 16,
} satisfies Partial<RealDemoConfig>;
