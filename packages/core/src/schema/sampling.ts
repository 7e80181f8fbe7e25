import { z } from "zod";

/** More than any use of it, and small enough that scores stay numbers of 32 bits. */
const MOST_BIAS = 10_000;
const MOST_PENALTY = 1000;
const Bias = z.number().min(-MOST_BIAS).max(MOST_BIAS);
const Penalty = z.number().min(-MOST_PENALTY).max(MOST_PENALTY);

/** How a token is chosen, in the order in which its settings act (packages/decoder/README.md), and what ends a response. */
export const SamplingConfig = z
  .strictObject({
    temperature: z.number().nonnegative().default(0).describe("0 is greedy and ignores the seed"),
    topK: z.int().nonnegative().default(0).describe("keep the k most likely tokens; 0 keeps all"),
    topP: z.number().gt(0).max(1).default(1).describe("keep the most likely tokens that reach this probability"),
    minP: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe("drop tokens less likely than this share of the likeliest one; 0 keeps all"),
    logitBias: z
      .record(z.string().regex(/^(0|[1-9]\d*)$/, "expected the id of a token, such as 42"), Bias)
      .default({})
      .describe('added to the scores of tokens, by their ids: {"42": -5}'),
    repetitionPenalty: z
      .number()
      .min(1 / MOST_PENALTY)
      .max(MOST_PENALTY)
      .default(1)
      .describe(
        "scores of tokens that stand in prompt or response are divided by it, negative ones multiplied; 1 is off",
      ),
    frequencyPenalty: Penalty.default(0).describe("subtracted from a token's score as often as the response holds it"),
    presencePenalty: Penalty.default(0).describe("subtracted from the scores of tokens that the response holds"),
    minNewTokens: z.int().nonnegative().default(0).describe("the model cannot end its response before so many tokens"),
    stop: z
      .array(z.string().min(1).max(1000))
      .max(16)
      .default([])
      .describe("texts that end the response where they appear; they are cut away, and special tokens are no text"),
  })
  .superRefine(({ temperature, minP }, context) => {
    if (temperature === 0 && minP > 0)
      context.addIssue({
        code: "custom",
        path: ["minP"],
        message: "minP has no effect at temperature 0, which takes the likeliest token: set a temperature",
      });
  });
export type SamplingConfig = z.infer<typeof SamplingConfig>;
