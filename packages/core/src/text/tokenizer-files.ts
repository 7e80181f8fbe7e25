import { z } from "zod";
import { UniArmError } from "../schema/error.ts";

/** What the files of a folder say about a tokenizer; JSON but the template, which is text. */
export interface TokenizerFiles {
  /** tokenizer.json */
  tokenizer: unknown;
  /** tokenizer_config.json */
  config: unknown;
  /** chat_template.jinja */
  chatTemplate?: string | undefined;
  /** special_tokens_map.json, of older folders */
  specialTokensMap?: unknown;
  /** config.json of the model: its type says which class of tokenizer the folder's is */
  model?: unknown;
}

/** Far above what is published; a file that exceeds them is broken or hostile. */
export const TOKENIZER_LIMITS = { bytes: 256 * 1024 * 1024, tokens: 2 ** 22, merges: 2 ** 23, tokenCharacters: 4096 };

const Token = z
  .union([z.string(), z.looseObject({ content: z.string() }).transform((token) => token.content)])
  .nullish();

const AddedTokenJson = z.looseObject({
  content: z.string().min(1).max(TOKENIZER_LIMITS.tokenCharacters),
  special: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().optional(), // default: as tokenizers, only where it is not special
  single_word: z.boolean().default(false),
});

/** The keys under which special tokens have a name. */
export const NAMED_TOKENS = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
] as const;
export type NamedToken = (typeof NAMED_TOKENS)[number];

const namedTokens = Object.fromEntries(NAMED_TOKENS.map((name) => [name, Token])) as Record<NamedToken, typeof Token>;

/** Special tokens without a place of their own: a list, or by names that the model alone knows. */
const moreTokens = z.union([z.array(Token), z.record(z.string(), Token)]).nullish();
const more = { additional_special_tokens: moreTokens, extra_special_tokens: moreTokens };

/** special_tokens_map.json. */
export const SpecialTokensMap = z.looseObject({ ...namedTokens, ...more });

export const TokenizerConfig = z.looseObject({
  ...namedTokens,
  ...more,
  tokenizer_class: z.string().nullish(),
  added_tokens_decoder: z.record(z.string().regex(/^\d{1,8}$/), AddedTokenJson).nullish(),
  // what some classes set in their pipeline, whatever tokenizer.json says
  add_prefix_space: z.boolean().nullish(),
  do_lower_case: z.boolean().nullish(),
  strip_accents: z.boolean().nullish(),
  tokenize_chinese_chars: z.boolean().nullish(),
  clean_up_tokenization_spaces: z.boolean().nullish(),
  clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output: z.boolean().nullish(),
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

const unknownToken = z.string().nullish();

/** [token, log-probability], its place is its id. */
const ScoredVocabulary = z.custom<[string, number][]>((value) => {
  if (!Array.isArray(value) || value.length === 0 || value.length > TOKENIZER_LIMITS.tokens) return false;
  const isEntry = (entry: unknown): boolean =>
    Array.isArray(entry) && entry.length === 2 && isToken(entry[0]) && Number.isFinite(entry[1]);
  return value.every(isEntry);
}, "expected a list of [token, score]");

const Model = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("BPE"),
    vocab: Vocabulary,
    merges: Merges,
    unk_token: unknownToken,
    continuing_subword_prefix: z.string().nullish(),
    dropout: z.number().nullish(),
  }),
  z.looseObject({
    type: z.literal("WordPiece"),
    vocab: Vocabulary,
    unk_token: unknownToken,
    continuing_subword_prefix: z.string().default("##"),
  }),
  z.looseObject({ type: z.literal("WordLevel"), vocab: Vocabulary, unk_token: unknownToken }),
  z
    .looseObject({
      type: z.literal("Unigram"),
      vocab: ScoredVocabulary,
      unk_id: tokenId.nullish(),
      byte_fallback: z.boolean().default(false),
    })
    .refine(({ vocab, unk_id: unknown }) => unknown == null || unknown < vocab.length, "unk_id is no token"),
]);

export const TokenizerJson = z.looseObject({
  model: z.preprocess(withModelType, Model),
  added_tokens: z
    .array(AddedTokenJson.extend({ id: tokenId }))
    .max(TOKENIZER_LIMITS.tokens)
    .default([]),
  normalizer: PipelinePart,
  pre_tokenizer: PipelinePart,
  post_processor: PipelinePart,
  decoder: PipelinePart,
});
export type TokenizerJson = z.infer<typeof TokenizerJson>;

/** Older files leave out the model's type: one with merges is BPE, one with a list of scores is Unigram. */
function withModelType(model: unknown): unknown {
  if (typeof model !== "object" || model === null || "type" in model) return model;
  const isScored = "vocab" in model && Array.isArray(model.vocab);
  return { ...model, type: "merges" in model ? "BPE" : isScored ? "Unigram" : "WordPiece" };
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
    `${path} cannot be used: ${what}. Take the tokenizer files of the model's own repository (BPE, WordPiece, WordLevel and Unigram are read).`,
  );
}
