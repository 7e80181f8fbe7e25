import { BaseWeights, Method, Seed } from "@uniarm/core/schema";
import { z } from "zod";

/** Settings of the demo; each default is the setting that the README's figures were made with. */
export const DemoConfig = z.strictObject({
  method: Method.default("uniarm").describe("how the ARM is built and trained: uniarm, or a rival"),
  objectives: z
    .union([z.literal(2), z.literal(3)])
    .default(2)
    .describe("2: helpful, harmless; 3: and humorous"),
  base: z.enum(["default", "quick"]).default("default").describe("tiny base model that ships with tiny-world"),
  pairs: z.int().min(64).max(100_000).default(4000).describe("preference pairs to make, two base samples each"),
  steps: z.int().positive().default(250).describe("optimizer steps"),
  testPrompts: z.int().min(4).max(100).default(100).describe("held-out prompts to answer, balanced over hazard levels"),
  strength: z.number().nonnegative().default(4).describe("1 / beta_dec: how strongly the ARM steers"),
  shuffled: z
    .boolean()
    .default(false)
    .describe("control: train with shuffled preferences, so that nothing can be steered"),
  baseWeights: BaseWeights.optional(),
  fromScratch: z.boolean().default(false).describe("pre-train the base model first instead of taking the shipped one"),
  output: z.string().min(1).optional().describe("run folder (default: runs/demo-<method>-<time>)"),
  seed: Seed,
});
export type DemoConfig = z.infer<typeof DemoConfig>;

/** The smallest settings that go through every phase; its figures mean nothing. */
export const QUICK_DEMO = { base: "quick", pairs: 256, steps: 20, testPrompts: 8 } satisfies Partial<DemoConfig>;
