import { z } from "zod";

const factor = z.number().positive();
const originalContextTokens = z.int().positive().describe("tokens of the context that the model was trained with");
const factors = z.array(factor).min(1).max(4096);

/** How rotary frequencies are stretched for contexts longer than those of pre-training. */
export const RopeScaling = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("linear"), factor }),
  z
    .strictObject({
      kind: z.literal("llama3"),
      factor,
      lowFrequencyFactor: z.number().positive(),
      highFrequencyFactor: z.number().positive(),
      originalContextTokens,
    })
    .refine(
      (scaling) => scaling.highFrequencyFactor > scaling.lowFrequencyFactor,
      "the high factor must be above the low",
    ),
  z
    .strictObject({ kind: z.literal("dynamic"), factor })
    .describe("stretched beyond the context only; rows end at the context, so nothing is stretched here"),
  z.strictObject({
    kind: z.literal("yarn"),
    factor,
    originalContextTokens,
    attentionFactor: z.number().nonnegative().describe("cos and sin are multiplied by it"),
    betaFast: z.number().positive(),
    betaSlow: z.number().positive(),
    truncate: z.boolean().describe("whether the ends of the ramp are rounded to whole pairs"),
  }),
  z.strictObject({
    kind: z.literal("longrope"),
    shortFactors: factors.describe("by pair; for passes of up to originalContextTokens"),
    longFactors: factors.describe("by pair; for passes of longer rows"),
    originalContextTokens,
    attentionFactor: z.number().nonnegative(),
  }),
]);
export type RopeScaling = z.infer<typeof RopeScaling>;

/** Rotary positions. */
export const Rope = z.strictObject({
  theta: z.number().positive(),
  scaling: RopeScaling.nullable(),
  size: z.int().positive().multipleOf(2).optional().describe("entries of a head that turn; absent: all of them"),
});
export type Rope = z.infer<typeof Rope>;
