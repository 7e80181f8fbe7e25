import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as huggingFace from "@huggingface/tokenizers";
import { z } from "zod";
import { UniArmError } from "../schema/error.ts";
import { chatFormat, plainFormat, type PromptFormat } from "./prompt-format.ts";

/** What is used of the library's tokenizer; its own type declarations do not resolve outside its bundler. */
interface HuggingFaceTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: number[], options: { skip_special_tokens: boolean }): string;
  get_vocab(withAddedTokens: boolean): Map<string, number>;
  token_to_id(token: string): number | undefined;
}
const { Tokenizer: HuggingFaceTokenizer } = huggingFace as unknown as {
  Tokenizer: new (tokenizer: object, config: object) => HuggingFaceTokenizer;
};

/** Text to token ids and back, with the prompt format that belongs to the model. */
export interface Tokenizer {
  /** Adds no special tokens; those written out in the text ("</s>") become their ids. */
  encode(text: string): number[];
  /** No ids give "". */
  decode(ids: readonly number[], options?: { skipSpecialTokens?: boolean }): string;
  /** One more than the largest id. */
  readonly vocabularySize: number;
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly padTokenId: number | null;
  readonly promptFormat: PromptFormat;
}

const Token = z
  .union([z.string(), z.looseObject({ content: z.string() }).transform((token) => token.content)])
  .nullish();
const TokenizerConfig = z.looseObject({
  bos_token: Token,
  eos_token: Token,
  pad_token: Token,
  chat_template: z.union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))]).nullish(),
});

/** The JSON of tokenizer.json and tokenizer_config.json, and the text of chat_template.jinja where there is one. */
export interface TokenizerFiles {
  tokenizer: object;
  config: object;
  chatTemplate?: string;
}

/**
 * Reads tokenizer.json, tokenizer_config.json (may be absent) and chat_template.jinja (may be absent) of a model folder.
 * @throws UniArmError tokenizer-missing-file, tokenizer-invalid, chat-template-invalid
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const read = async (name: string): Promise<string | undefined> => {
    try {
      return await readFile(join(folder, name), "utf8");
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw cause;
    }
  };
  const [tokenizer, config, chatTemplate] = await Promise.all([
    read("tokenizer.json"),
    read("tokenizer_config.json"),
    read("chat_template.jinja"),
  ]);
  if (tokenizer === undefined) {
    throw new UniArmError(
      "tokenizer-missing-file",
      `Model folder ${folder} has no tokenizer.json. Put the tokenizer files of the model's own repository beside its weights.`,
    );
  }
  const files: TokenizerFiles = {
    tokenizer: parseJson(tokenizer, join(folder, "tokenizer.json")),
    config: config === undefined ? {} : parseJson(config, join(folder, "tokenizer_config.json")),
  };
  return createTokenizer(chatTemplate === undefined ? files : { ...files, chatTemplate }, folder);
}

/** The same from JSON in memory. @param where named in errors */
export function createTokenizer(files: TokenizerFiles, where: string): Tokenizer {
  const parsed = TokenizerConfig.safeParse(files.config);
  if (!parsed.success) {
    throw new UniArmError(
      "tokenizer-invalid",
      `tokenizer_config.json of ${where}: ${z.prettifyError(parsed.error).replaceAll("\n", " ")}.`,
    );
  }
  const config = parsed.data;
  const inner = construct(files, where);
  const ids = [...inner.get_vocab(true).values()];
  const idOf = (token: string | null | undefined): number | null =>
    token == null ? null : (inner.token_to_id(token) ?? null);
  const template = files.chatTemplate ?? templateOf(config.chat_template);
  const tokens = { bosToken: config.bos_token ?? null, eosToken: config.eos_token ?? null };
  return {
    encode: (text) => (text === "" ? [] : inner.encode(text, { add_special_tokens: false }).ids),
    decode: (list, options = {}) =>
      list.length === 0 ? "" : inner.decode([...list], { skip_special_tokens: options.skipSpecialTokens ?? false }),
    vocabularySize: ids.reduce((largest, id) => Math.max(largest, id), -1) + 1,
    bosTokenId: idOf(config.bos_token),
    eosTokenId: idOf(config.eos_token),
    padTokenId: idOf(config.pad_token),
    promptFormat: template === undefined ? plainFormat : chatFormat(template, tokens, where),
  };
}

/** The ids of everything before the response. */
export function encodePrompt(tokenizer: Tokenizer, prompt: string): number[] {
  return tokenizer.encode(tokenizer.promptFormat.prompt(prompt));
}

/** The ids of a response, the end-of-sequence id last. @throws UniArmError tokenizer-no-eos */
export function encodeResponse(tokenizer: Tokenizer, response: string): number[] {
  if (tokenizer.eosTokenId === null) {
    throw new UniArmError(
      "tokenizer-no-eos",
      "The tokenizer names no eos_token, so a response has no end. Set it in tokenizer_config.json.",
    );
  }
  return [...tokenizer.encode(tokenizer.promptFormat.response(response)), tokenizer.eosTokenId];
}

/** The text of generated ids: special tokens skipped, white space around it trimmed. */
export function decodeResponse(tokenizer: Tokenizer, ids: readonly number[]): string {
  return tokenizer.decode(ids, { skipSpecialTokens: true }).trim();
}

function construct(files: TokenizerFiles, where: string): HuggingFaceTokenizer {
  try {
    return new HuggingFaceTokenizer(files.tokenizer, files.config);
  } catch (cause) {
    throw new UniArmError(
      "tokenizer-invalid",
      `tokenizer.json of ${where} cannot be used: ${(cause as Error).message}.`,
      { cause },
    );
  }
}

function templateOf(template: z.infer<typeof TokenizerConfig>["chat_template"]): string | undefined {
  if (template == null || typeof template === "string") return template ?? undefined;
  return (template.find(({ name }) => name === "default") ?? template[0])?.template;
}

function parseJson(text: string, path: string): object {
  try {
    return JSON.parse(text) as object;
  } catch (cause) {
    throw new UniArmError("tokenizer-invalid", `${path} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}
