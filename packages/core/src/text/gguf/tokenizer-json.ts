import { z } from "zod";
import type { GgufHeader } from "../../files/gguf/header.ts";
import { UniArmError } from "../../schema/error.ts";
import { TOKENIZER_LIMITS, type TokenizerFiles } from "../tokenizer-files.ts";
import { bytePairRules } from "./pre-tokenizers.ts";
import { mergesOfScores } from "./score-merges.ts";

/** What `tokenizer.ggml.token_type` says of a token. */
const [NORMAL, UNKNOWN, CONTROL, USER_DEFINED] = [1, 2, 3, 4];

const id = z.int().nonnegative().optional();
const Keys = z.object({
  model: z.string(),
  pre: z.string().optional(),
  tokens: z.array(z.string().max(TOKENIZER_LIMITS.tokenCharacters)).min(1).max(TOKENIZER_LIMITS.tokens),
  scores: z.array(z.number()).optional(),
  token_type: z.array(z.int()).optional(),
  merges: z.array(z.string()).max(TOKENIZER_LIMITS.merges).optional(),
  bos_token_id: id,
  eos_token_id: id,
  unknown_token_id: id,
  padding_token_id: id,
  add_bos_token: z.boolean().optional(),
  add_eos_token: z.boolean().optional(),
  add_space_prefix: z.boolean().optional(),
  remove_extra_whitespaces: z.literal(false).optional(),
  precompiled_charsmap: z.never("texts are not normalised here").optional(),
});
type Keys = z.infer<typeof Keys>;

/**
 * The tokenizer that a GGUF file's keys describe, as the files of a folder in Hugging Face's layout.
 * @throws UniArmError tokenizer-missing-file, tokenizer-invalid, tokenizer-unsupported
 */
export function ggufTokenizerFiles(header: GgufHeader): TokenizerFiles {
  const { path: where } = header;
  const keys = keysOf(header);
  const vocabulary = vocabularyOf(keys.tokens, where);
  const parts = keys.model === "gpt2" ? bytePairs(keys, header, vocabulary) : scored(keys, vocabulary, where);
  const { addsStart, ...json } = parts;
  const frame = frameOf(keys, addsStart, where);
  const named = (place: number | undefined): string | null => (place === undefined ? null : keys.tokens[place]!);
  return {
    tokenizer: {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: addedTokens(keys),
      ...json,
      post_processor: frame,
    },
    config: {
      tokenizer_class: "PreTrainedTokenizerFast",
      bos_token: named(keys.bos_token_id),
      eos_token: named(keys.eos_token_id),
      unk_token: named(keys.unknown_token_id),
      pad_token: named(keys.padding_token_id),
      clean_up_tokenization_spaces: false,
    },
    chatTemplate: templateOf(header),
  };
}

function keysOf({ values, path }: GgufHeader): Keys {
  const prefix = "tokenizer.ggml.";
  const given = [...values].filter(([key]) => key.startsWith(prefix));
  if (given.length === 0)
    throw new UniArmError("tokenizer-missing-file", `${path} holds no tokenizer. Take a GGUF file that has one.`);
  const parsed = Keys.safeParse(Object.fromEntries(given.map(([key, value]) => [key.slice(prefix.length), value])));
  if (!parsed.success) throw invalid(path, z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " "));
  const keys = parsed.data;
  const count = keys.tokens.length;
  for (const name of ["scores", "token_type"] as const) {
    const list = keys[name];
    if (list && list.length !== count)
      throw invalid(path, `it has ${count} tokens and ${list.length} entries of ${name}`);
  }
  for (const name of ["bos", "eos", "unknown", "padding"] as const) {
    const place = keys[`${name}_token_id`];
    if (place !== undefined && place >= count)
      throw invalid(path, `${name}_token_id ${place} is none of its ${count} tokens`);
  }
  return keys;
}

function vocabularyOf(tokens: readonly string[], where: string): Record<string, number> {
  const places = new Map(tokens.map((token, place) => [token, place]));
  const twice = tokens.find((token, place) => places.get(token) !== place);
  if (twice !== undefined) throw invalid(where, `token ${JSON.stringify(twice)} appears twice in it`);
  return Object.fromEntries(places);
}

interface Parts {
  model: object;
  normalizer: object | null;
  pre_tokenizer: object | null;
  decoder: object;
  addsStart: boolean;
}

/** Byte-level pairs, as GPT-2 has them. */
function bytePairs(keys: Keys, header: GgufHeader, vocab: Record<string, number>): Parts {
  const { path: where, values } = header;
  if (!keys.merges) throw invalid(where, "it has no merges");
  const name = keys.pre ?? preOfArchitecture(values.get("general.architecture"));
  const { pre_tokenizer, normalizer, ignoresMerges, addsStart } = bytePairRules(name, where);
  return {
    model: {
      type: "BPE",
      unk_token: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: ignoresMerges,
      vocab,
      merges: keys.merges,
    },
    normalizer,
    pre_tokenizer,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    addsStart,
  };
}

/** Files that were made before rules had names: only of these is it known what was meant. */
function preOfArchitecture(architecture: unknown): string | null {
  if (architecture === "gpt2") return "gpt-2";
  return architecture === "qwen2" ? "qwen2" : null;
}

/** SentencePiece's pairs by score, with bytes for what no token has. */
function scored(keys: Keys, vocab: Record<string, number>, where: string): Parts {
  const { model, tokens, scores, token_type: types } = keys;
  if (model !== "llama") {
    throw new UniArmError(
      "tokenizer-unsupported",
      `The tokenizer of ${where} is of kind ${JSON.stringify(model.slice(0, 80))} (tokenizer.ggml.model); read are gpt2 and llama.`,
    );
  }
  if (!scores || !types) throw invalid(where, "it has tokens without scores and types");
  const joinable = tokens.flatMap((token, place): [string, number][] =>
    types[place] === NORMAL ? [[token, scores[place]!]] : [],
  );
  const prefix = keys.add_space_prefix ?? true;
  const unknown = keys.unknown_token_id ?? types.indexOf(UNKNOWN);
  const blanks = { type: "Replace", pattern: { String: " " }, content: "▁" };
  const start = prefix ? [{ type: "Prepend", prepend: "▁" }] : [];
  return {
    model: {
      type: "BPE",
      unk_token: unknown < 0 ? null : tokens[unknown]!,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab,
      merges: mergesOfScores(vocab, joinable),
    },
    normalizer: { type: "Sequence", normalizers: [...start, blanks] },
    pre_tokenizer: null,
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: "▁" }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        ...(prefix ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
      ],
    },
    addsStart: true,
  };
}

/** Tokens that are found in a text before it is cut: control tokens, and those that a model's makers added. */
function addedTokens({ tokens, token_type: types = [] }: Keys): object[] {
  return tokens.flatMap((content, place) => {
    const type = types[place];
    if (content === "" || (type !== CONTROL && type !== USER_DEFINED && type !== UNKNOWN)) return [];
    const special = type !== USER_DEFINED;
    return [{ id: place, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }];
  });
}

/** What stands around a text by itself. */
function frameOf(keys: Keys, addsStart: boolean, where: string): object | null {
  const around = (name: "bos" | "eos", adds: boolean): string[] => {
    const place = keys[`${name}_token_id`];
    if (!adds) return [];
    if (place === undefined) throw invalid(where, `add_${name}_token is true, but there is no ${name}_token_id`);
    return [keys.tokens[place]!];
  };
  const starts = around("bos", keys.add_bos_token ?? (addsStart && keys.bos_token_id !== undefined));
  const ends = around("eos", keys.add_eos_token ?? false);
  if (starts.length + ends.length === 0) return null;
  const special = (token: string, type_id: number): object => ({ SpecialToken: { id: token, type_id } });
  const framed = (name: "A" | "B", type: number): object[] => [
    ...starts.map((token) => special(token, type)),
    { Sequence: { id: name, type_id: type } },
    ...ends.map((token) => special(token, type)),
  ];
  const listed = [...new Set([...starts, ...ends])].map((token) => [
    token,
    { id: token, ids: [keys.tokens.indexOf(token)], tokens: [token] },
  ]);
  return {
    type: "TemplateProcessing",
    single: framed("A", 0),
    pair: [...framed("A", 0), ...framed("B", 1)],
    special_tokens: Object.fromEntries(listed) as object,
  };
}

function templateOf({ values, path }: GgufHeader): string | undefined {
  const template = values.get("tokenizer.chat_template");
  if (template === undefined || typeof template === "string") return template;
  throw invalid(path, "tokenizer.chat_template is no text");
}

const invalid = (where: string, what: string): UniArmError =>
  new UniArmError(
    "tokenizer-invalid",
    `The tokenizer of ${where} cannot be used: ${what}. Make or download the file again.`,
  );
