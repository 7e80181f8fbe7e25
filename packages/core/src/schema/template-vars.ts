import { z } from "zod";

/** Any JSON: a switch, a word, or what a template goes through, such as a list of tools. */
const Value: z.ZodType<unknown> = z.union([
  z.boolean(),
  z.string(),
  z.number(),
  z.null(),
  z.array(z.unknown()),
  z.record(z.string(), z.unknown()),
]);

/** Further variables of a chat template, JSON: {"enable_thinking": false}. */
export const TemplateVars = z
  .record(z.string().regex(/^[A-Za-z_]\w*$/, "expected the name of a variable"), Value)
  .default({})
  .describe(
    'variables for the chat template, {"enable_thinking": false}; strftime_now is a date that it is told instead of today\'s',
  );
export type TemplateVars = z.infer<typeof TemplateVars>;
