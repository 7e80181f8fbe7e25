import { z } from "zod";
import { UniArmError } from "../schema/error.ts";

/** The JSON of tokenizer.json and tokenizer_config.json, and the text of chat_template.jinja where there is one. */
export interface TokenizerFiles {
  tokenizer: unknown;
  config: unknown;
  chatTemplate?: string;
}

/** Far above what is published; a file that exceeds them is broken or hostile. */
export const TOKENIZER_LIMITS = { bytes: 256 * 1024 * 1024, tokens: 2 ** 22, merges: 2 ** 23, tokenCharacters: 4096 };

const Token = z
  .union([z.string(), z.looseObject({ content: z.string() }).transform((token) => token.content)])
  .nullish();

export const TokenizerConfig = z.looseObject({
  bos_token: Token,
  eos_token: Token,
  pad_token: Token,
  unk_token: Token,
  add_bos_token: z.boolean().nullish(),
  chat_template: z.union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))]).nullish(),
});
export type TokenizerConfig = z.infer<typeof TokenizerConfig>;

const tokenId = z.int().nonnegative().max(TOKENIZER_LIMITS.tokens);
const isToken = (value: unknown): value is string =>
  typeof value === "string" && value.length <= TOKENIZER_LIMITS.tokenCharacters;
const isId = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < TOKENIZER_LIMITS.tokens;

/** Hundreds of thousands of entries: checked in one pass, not each by a schema of its own. */
const Vocabulary = z.custom<Record<string, number>>((value) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  const ids = new Set(entries.map(([, id]) => id as unknown));
  return (
    entries.length > 0 && ids.size === entries.length && entries.every(([token, id]) => isToken(token) && isId(id))
  );
}, "expected an object of tokens, each with an id of its own");

const Merges = z.custom<unknown[]>((value) => {
  if (!Array.isArray(value) || value.length > TOKENIZER_LIMITS.merges) return false;
  return value.every((merge) => isToken(merge) || (Array.isArray(merge) && merge.length === 2 && merge.every(isToken)));
}, 'expected a list of "one other" or ["one", "other"]');

/** One part of a pipeline; the library reads its settings by `type`. */
const PipelinePart = z.looseObject({ type: z.string() }).nullish();

const Model = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("BPE"), vocab: Vocabulary, merges: Merges }),
  z.looseObject({ type: z.literal("WordPiece"), vocab: Vocabulary }),
]);

export const TokenizerJson = z.looseObject({
  model: z.preprocess(withModelType, Model),
  added_tokens: z
    .array(
      z.looseObject({
        id: tokenId,
        content: z.string().min(1).max(TOKENIZER_LIMITS.tokenCharacters),
        special: z.boolean().default(false),
        lstrip: z.boolean().default(false),
        rstrip: z.boolean().default(false),
        normalized: z.boolean().default(false),
        single_word: z.boolean().default(false),
      }),
    )
    .max(TOKENIZER_LIMITS.tokens)
    .default([]),
  normalizer: PipelinePart,
  pre_tokenizer: PipelinePart,
  post_processor: PipelinePart,
  decoder: PipelinePart,
});
export type TokenizerJson = z.infer<typeof TokenizerJson>;

/** Older files leave out the model's type; a model with merges is BPE. */
function withModelType(model: unknown): unknown {
  if (typeof model !== "object" || model === null || "type" in model) return model;
  return { ...model, type: "merges" in model ? "BPE" : "WordPiece" };
}

/** @throws UniArmError tokenizer-invalid */
export function parseTokenizerFile<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
  path: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const what = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " ");
  throw new UniArmError(
    "tokenizer-invalid",
    `${path} cannot be used: ${what}. Take the tokenizer files of the model's own repository (BPE and WordPiece are read).`,
  );
}
