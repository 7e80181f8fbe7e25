import { z } from "zod";
import { UniArmError } from "../../schema/error.ts";

/** One part of a pipeline as tokenizer.json has it. */
export type Part = Readonly<Record<string, unknown>> & { readonly type: string };

/** text -> text before it is cut. */
export type Normalizer = (text: string) => string;

/** Words -> token ids. */
export type Model = (words: string[]) => number[];

/** The settings of a part. @throws UniArmError tokenizer-unsupported, naming the part and the setting */
export function settingsOf<Shape extends z.ZodRawShape>(part: Part, shape: Shape): z.infer<z.ZodObject<Shape>> {
  const parsed = z.looseObject(shape).safeParse(part);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unsupported(`${part.type} with ${issue!.path.join(".")}: ${issue!.message}`);
}

export const unsupported = (what: string): UniArmError =>
  new UniArmError(
    "tokenizer-unsupported",
    `The tokenizer asks for ${what}, which is not computed here. Use a model whose tokenizer does without it.`,
  );

/** A pattern of tokenizer.json: a text as it is, or a regular expression of Oniguruma. */
export const Pattern = z.union([z.object({ String: z.string() }), z.object({ Regex: z.string() })]);
export type Pattern = z.infer<typeof Pattern>;

/** White space as Unicode has it; JavaScript's \s also takes the byte-order mark. */
export const WHITE_SPACE = /\p{White_Space}/u;
const LEADING = /^\p{White_Space}+/u;
export const trimStart = (text: string): string => text.replace(LEADING, "");

/** Counted from the end: a pattern would try every run of blanks inside a long text. All white space is one UTF-16 unit. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && WHITE_SPACE.test(text[end - 1]!)) end--;
  return text.slice(0, end);
}
