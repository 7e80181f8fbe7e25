import { z } from "zod";
import { Measure } from "./measure.ts";

/** How one of several strengths is chosen by their fronts on validation prompts. */
export const StrengthRule = z.strictObject({
  by: z
    .enum(["hypervolume", "mean-inner-product", "sum"])
    .default("hypervolume")
    .describe(
      "figure of the front that the chosen one has most of; sum: both figures together, where they are alike in size",
    ),
  maxPerplexityRatio: z
    .number()
    .positive()
    .optional()
    .describe(
      "bound on fluency: a strength is excluded when, at any preference, the perplexity of its answers under the base model is more than so many times the base model's own on the same prompts; default: none is excluded",
    ),
});
export type StrengthRule = z.infer<typeof StrengthRule>;

/** What one strength came to on validation prompts. */
export const TriedStrength = z.strictObject({
  strength: z.number(),
  hypervolume: z.number(),
  meanInnerProduct: z.number(),
  perplexityRatio: Measure.describe(
    "largest over the preferences, of the answers' perplexity under the base to the base's own",
  ),
  excluded: z.string().nullable().describe("why it could not be chosen; null: it could"),
});
export type TriedStrength = z.infer<typeof TriedStrength>;

/** strength.json of a choice. */
export const StrengthChoice = z.strictObject({
  rule: StrengthRule,
  chosen: z.number(),
  tried: z.array(TriedStrength).min(1),
});
export type StrengthChoice = z.infer<typeof StrengthChoice>;
