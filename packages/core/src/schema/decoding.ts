import { z } from "zod";
import { BaseWeights } from "./base-weights.ts";
import { Fusion } from "./fusion.ts";
import { Prompt } from "./generation.ts";
import { ObjectiveName } from "./objective.ts";
import { PreferenceVector } from "./preference.ts";
import { PreferenceControl, preferenceControlIssues } from "./preference-control.ts";
import { PromptFormatName } from "./prompt-format.ts";
import { SamplingConfig } from "./sampling.ts";
import { searchIssues } from "./search-issues.ts";
import { Seed } from "./seed.ts";
import { TemplateVars } from "./template-vars.ts";

/** Everything `decode` needs: prompts x preference vectors become the rows of one batch. */
export const DecodingConfig = z
  .strictObject({
    model: z.string().min(1).describe("folder of the frozen base model"),
    baseWeights: BaseWeights.optional(),
    promptFormat: PromptFormatName.describe(
      "how the base model reads prompts; auto: as in training if the checkpoint was trained on this model, else the model's own chat template",
    ),
    templateVars: TemplateVars.describe(
      "variables for the base model's chat template; those of the checkpoint's training count where they are not given",
    ),
    checkpoint: z
      .string()
      .min(1)
      .optional()
      .describe("checkpoint or run folder; without one the base model answers unguided"),
    armModel: z
      .string()
      .min(1)
      .optional()
      .describe("folder of the model that the checkpoint was trained on, when it guides another one (weak to strong)"),
    armPromptFormat: PromptFormatName.describe("how armModel reads prompts; auto: as in the checkpoint's training"),
    armTemplateVars: TemplateVars.describe("the same for armModel's"),
    vocabulary: z
      .enum(["same", "shared"])
      .default("same")
      .describe(
        "with armModel: same refuses tokenizers that differ; shared leaves out the tokens that they do not share",
      ),
    objectives: z
      .array(ObjectiveName)
      .optional()
      .describe("expected order of the objectives; must equal the checkpoint's"),
    prompts: z
      .union([z.string().min(1), z.array(Prompt).min(1)])
      .describe("the prompts, or a JSONL file of {id, text} or {id, messages}"),
    preferences: z.array(PreferenceVector).min(1).optional().describe("preference vectors; required with a checkpoint"),
    preferenceControl: PreferenceControl,
    coefficients: z
      .array(z.array(z.number()))
      .optional()
      .describe("genarm only: free coefficients of the ARMs, one row per preference; default: strength * preference"),
    strength: z
      .number()
      .nonnegative()
      .default(1)
      .describe("1 / beta_dec: exponent of the ARM's distribution; 0 is the base model"),
    fusion: Fusion.optional(),
    sampling: SamplingConfig.prefault({}).describe("how a token is chosen"),
    samplesPerPrompt: z.int().positive().default(1).describe("responses to each prompt under each preference"),
    bestOf: z
      .int()
      .positive()
      .default(1)
      .describe("draw so many for each response and keep the one that the ARMs find most likely"),
    beams: z
      .int()
      .positive()
      .max(64)
      .default(1)
      .describe("beam search: follow so many beginnings at once and keep the likeliest response; 1 is off"),
    lengthPenalty: z
      .number()
      .default(1)
      .describe("with beams: a response counts by its log-probability / length^this; 0 is the log-probability itself"),
    topLogProbs: z
      .int()
      .nonnegative()
      .max(20)
      .default(0)
      .describe(
        "write the log-probabilities of the chosen and of so many likeliest tokens at every place of a response",
      ),
    baseLogProbs: z
      .boolean()
      .default(false)
      .describe(
        "run the base model also where it does not count (soups, tuned policies), so that every answer has its log-probability under it; where it counts answers have that anyway",
      ),
    maxNewTokens: z.int().positive().default(128).describe("the most tokens of a response"),
    batchRows: z.int().positive().default(512).describe("the most (prompt, preference, sample) rows decoded at once"),
    output: z
      .string()
      .min(1)
      .optional()
      .describe("JSONL file of Generation to write; rows that are already in it are not decoded again"),
    seed: Seed,
  })
  .superRefine((config, context) => {
    const issue = (path: string, message: string): void => {
      context.addIssue({ code: "custom", path: [path], message });
    };
    if (config.checkpoint === undefined && config.preferences !== undefined) {
      issue("preferences", "preferences need a checkpoint: an unguided model cannot follow them");
    }
    if (config.checkpoint !== undefined && config.preferences === undefined) {
      issue("preferences", "a checkpoint needs preferences: say how much each objective counts");
    }
    if (config.checkpoint === undefined && config.fusion !== undefined) {
      issue("fusion", "fusion needs a checkpoint: without one there is nothing to fuse with the base model");
    }
    if (config.armModel !== undefined && config.checkpoint === undefined) {
      issue("armModel", "armModel carries a checkpoint's ARMs: name the checkpoint");
    }
    if (config.armModel === undefined && config.vocabulary === "shared") {
      issue("vocabulary", "vocabulary shared has no effect without armModel: one model has one vocabulary");
    }
    if (config.armModel === undefined && config.armPromptFormat !== "auto") {
      issue("armPromptFormat", "armPromptFormat has no effect without armModel: set promptFormat");
    }
    if (config.armModel === undefined && Object.keys(config.armTemplateVars).length > 0) {
      issue("armTemplateVars", "armTemplateVars have no effect without armModel: set templateVars");
    }
    for (const [path, message] of searchIssues(config)) issue(path, message);
    for (const [path, message] of preferenceControlIssues(config)) issue(path, message);
    if (config.coefficients && config.coefficients.length !== config.preferences?.length) {
      issue("coefficients", "coefficients need one row per preference");
    }
  });
export type DecodingConfig = z.infer<typeof DecodingConfig>;
