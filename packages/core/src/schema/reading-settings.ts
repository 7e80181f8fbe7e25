import { z } from "zod";
import { PromptFormatName } from "./prompt-format.ts";
import { TemplateVars } from "./template-vars.ts";

/** How a scorer of this project read its dialogues: the key `uniarm` of its config.json. */
export const ReadingSettings = z.object({ promptFormat: PromptFormatName, templateVars: TemplateVars });
export type ReadingSettings = z.infer<typeof ReadingSettings>;
