import { z } from "zod";
import { Seed } from "./seed.ts";
import { OptimizerConfig, SkipNotFinite } from "./training-settings.ts";

/** Language modelling of all weights from a random start: how a tiny base model is made. */
export const PretrainingConfig = z.strictObject({
  model: z.string().min(1).describe("folder with config.json and tokenizer files; its weights are not read"),
  texts: z.string().min(1).describe("JSONL of {prompt, response}"),
  output: z.string().min(1).describe("model folder to create"),
  optimizer: OptimizerConfig.prefault({}),
  steps: z.int().positive(),
  batchTexts: z.int().positive().default(32),
  maxLengthTokens: z.int().positive().default(1024),
  skipNotFinite: SkipNotFinite,
  seed: Seed,
});
export type PretrainingConfig = z.infer<typeof PretrainingConfig>;
