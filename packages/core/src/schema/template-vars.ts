import { z } from "zod";

/** Further variables of a chat template, JSON: {"enable_thinking": false}. */
export const TemplateVars = z
  .record(z.string().regex(/^[A-Za-z_]\w*$/, "expected the name of a variable"), z.unknown())
  .default({})
  .describe(
    'variables for the chat template, {"enable_thinking": false}; strftime_now is a date that it is told instead of today\'s',
  );
export type TemplateVars = z.infer<typeof TemplateVars>;
