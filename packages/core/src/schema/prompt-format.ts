import { z } from "zod";

export const PROMPT_FORMATS = ["chat-template", "plain", "beaver", "alpaca", "tulu", "hh"] as const;

/** How prompts and responses are written out for a model. */
export const PromptFormatName = z
  .enum(["auto", ...PROMPT_FORMATS])
  .default("auto")
  .describe("how prompts are written out; auto: the model's own chat template, plain where it has none");
export type PromptFormatName = z.infer<typeof PromptFormatName>;
