import { BaseWeights, RecipeName, Seed } from "@uniarm/core/schema";
import { TINY_WORLD_STRENGTH } from "@uniarm/tiny-world/schema";
import { z } from "zod";
import { STEERING } from "../steering.ts";

/** Settings of the demo; each default is the setting that the README's figures were made with. */
export const DemoConfig = z.strictObject({
  method: STEERING,
  objectives: z
    .union([z.literal(2), z.literal(3)])
    .default(2)
    .describe("2: helpful, harmless; 3: and humorous"),
  base: z.enum(["default", "quick"]).default("default").describe("tiny base model that ships with tiny-world"),
  pairs: z.int().min(64).max(100_000).default(4000).describe("preference pairs to make, two base samples each"),
  recipe: RecipeName.default("imitation").describe("how it is trained; paper: as published, by the winners of pairs"),
  steps: z
    .int()
    .positive()
    .optional()
    .describe("optimizer steps on those pairs; default: 200, of the recipe paper 250"),
  rounds: z
    .int()
    .min(0)
    .max(50)
    .optional()
    .describe("rounds of training on answers of its own; default: 3, of the recipe paper 0"),
  roundSteps: z.int().positive().default(100).describe("optimizer steps of each round"),
  roundPrompts: z.int().positive().default(100).describe("training prompts that are answered in a round"),
  roundSamples: z.int().positive().default(4).describe("answers to each of them under each preference"),
  testPrompts: z.int().min(4).max(100).default(100).describe("held-out prompts to answer, balanced over hazard levels"),
  strength: z
    .number()
    .nonnegative()
    .optional()
    .describe("1 / beta_dec: how strongly the ARM steers; default: 1.5, of the recipe paper 4"),
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

/** What counts where the recipe decides. */
const BY_RECIPE = {
  paper: { steps: 250, rounds: 0 },
  guided: { steps: 200, rounds: 3 },
  imitation: { steps: 200, rounds: 3 },
} as const satisfies Record<RecipeName, { steps: number; rounds: number }>;

/** The settings with those that the recipe decides. */
export function settledDemo(config: DemoConfig): DemoConfig & { steps: number; rounds: number; strength: number } {
  const { steps, rounds } = BY_RECIPE[config.recipe];
  const strength = TINY_WORLD_STRENGTH[config.recipe];
  return {
    ...config,
    steps: config.steps ?? steps,
    rounds: config.rounds ?? rounds,
    strength: config.strength ?? strength,
  };
}

/** The smallest settings that go through every phase; its figures mean nothing. */
export const QUICK_DEMO = {
  base: "quick",
  pairs: 256,
  steps: 20,
  rounds: 1,
  roundSteps: 5,
  roundPrompts: 10,
  roundSamples: 1,
  testPrompts: 8,
} satisfies Partial<DemoConfig>;
