import { z } from "zod";
import { BaseWeights } from "./base-weights.ts";
import { ObjectiveName } from "./objective.ts";
import { PROMPT_FORMATS } from "./prompt-format.ts";
import { TemplateVars } from "./template-vars.ts";

/** A reward model in a folder, and how its score becomes the raw reward of an objective. */
export const RewardModelConfig = z.strictObject({
  objective: ObjectiveName.describe("the objective that it scores"),
  direction: z
    .enum(["auto", "maximize", "minimize"])
    .default("auto")
    .describe("whether larger is better; auto: minimize for a Beaver cost model, else maximize"),
  model: z.string().min(1).describe("folder of the reward model, Hugging Face layout"),
  format: z
    .enum(["auto", "response", "pair", ...PROMPT_FORMATS])
    .default("auto")
    .describe(
      "how prompt and response are written out; response: the response alone; pair: both as the two texts of an encoder, as tokenizer(prompt, response) does; auto: beaver for Beaver's models; for encoders response where there are several labels (with one it must be said: their files do not tell); else the model's chat template, hh where it has none",
    ),
  label: z
    .union([z.int().nonnegative(), z.string().min(1)])
    .optional()
    .describe("the label of a classifier whose score counts, by number or name; needed when it has several"),
  output: z
    .enum(["score", "probability"])
    .default("score")
    .describe(
      "score: the label's own number; probability: its softmax over the labels; its sigmoid for a single label and where problem_type is multi_label_classification",
    ),
  normaliser: z
    .union([
      z.enum(["model", "none"]),
      z.strictObject({
        mean: z.number().describe("of the scores"),
        deviation: z.number().positive().describe("standard deviation of the scores"),
      }),
    ])
    .default("model")
    .describe("model: what the model's own code applies (Beaver stores one); or (score - mean) / deviation"),
  templateVars: TemplateVars,
  endOfText: z
    .boolean()
    .default(false)
    .describe("whether an end-of-sequence token is added to a text that has none at its end"),
  maxTokens: z.int().positive().optional().describe("longer texts lose their beginning; default: the model's context"),
  batchTokens: z.int().positive().default(8192).describe("tokens that go through the model at once, padding included"),
  baseWeights: BaseWeights.optional().describe(
    "how the engine holds the weights; default: bfloat16 where they are stored so and it is fast, else float32, exact",
  ),
});
export type RewardModelConfig = z.infer<typeof RewardModelConfig>;
