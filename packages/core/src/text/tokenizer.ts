import { stat } from "node:fs/promises";
import { join } from "node:path";
import { readText } from "../files/read-text.ts";
import { UniArmError } from "../schema/error.ts";
import type { Message } from "../schema/message.ts";
import type { PromptFormatName } from "../schema/prompt-format.ts";
import { chatFormat, parseChatTemplate, type ChatTemplate } from "./chat-template.ts";
import { HuggingFaceTokenizer } from "./hugging-face.ts";
import { content, format, textOf, type Piece } from "./pieces.ts";
import { namedFormat, type PromptFormat } from "./prompt-format.ts";
import { encodePieces } from "./special-tokens.ts";
import {
  parseTokenizerFile,
  TOKENIZER_LIMITS,
  TokenizerConfig,
  TokenizerJson,
  type TokenizerFiles,
} from "./tokenizer-files.ts";

export interface EncodeOptions {
  /** parse: special tokens written out in the text ("</s>") become their ids; text: they stay text. Default: parse. */
  specialTokens?: "parse" | "text";
  /** Adds what the tokenizer puts around a text by itself: a beginning-of-sequence token, an encoder's [CLS] and [SEP]. Default: false. */
  addSpecialTokens?: boolean;
}

/** Text to token ids and back, with the prompt format that belongs to the model. */
export interface Tokenizer {
  encode(text: string, options?: EncodeOptions): number[];
  /** Pieces of a dialogue as one text; special tokens count where the format wrote them. */
  encodePieces(pieces: readonly Piece[]): number[];
  /** No ids give "". Ids that no token has (models may have more rows than tokens) are left out. */
  decode(ids: readonly number[], options?: { skipSpecialTokens?: boolean }): string;
  /** The token of an id, as the vocabulary writes it; null where there is none. */
  tokenOf(id: number): string | null;
  /** One more than the largest id. */
  readonly vocabularySize: number;
  readonly specialTokens: ReadonlyMap<string, number>;
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly padTokenId: number | null;
  /** what the tokenizer puts before a text by itself: a beginning-of-sequence id or nothing */
  readonly startIds: readonly number[];
  readonly promptFormat: PromptFormat;
  /** null for a tokenizer without one */
  readonly chatTemplate: (ChatTemplate & { source: string }) | null;
}

export interface TokenizerOptions {
  /** Default: auto, the model's own chat template, or plain where it has none. */
  promptFormat?: PromptFormatName | undefined;
}

const TOKENIZER_FILE = "tokenizer.json";
const CONFIG_FILE = "tokenizer_config.json";

/**
 * Reads tokenizer.json, tokenizer_config.json (may be absent) and chat_template.jinja (may be absent) of a model folder.
 * @throws UniArmError tokenizer-missing-file, tokenizer-invalid, chat-template-invalid, chat-template-missing
 */
export async function loadTokenizer(folder: string, options: TokenizerOptions = {}): Promise<Tokenizer> {
  const read = (name: string): Promise<string | undefined> => readLimited(join(folder, name));
  const [tokenizer, config, chatTemplate] = await Promise.all([
    read(TOKENIZER_FILE),
    read(CONFIG_FILE),
    read("chat_template.jinja"),
  ]);
  if (tokenizer === undefined) {
    throw new UniArmError(
      "tokenizer-missing-file",
      `Model folder ${folder} has no tokenizer.json. Put the tokenizer files of the model's own repository beside its weights.`,
    );
  }
  const files: TokenizerFiles = {
    tokenizer: parseJson(tokenizer, join(folder, TOKENIZER_FILE)),
    config: config === undefined ? {} : parseJson(config, join(folder, CONFIG_FILE)),
  };
  return createTokenizer(chatTemplate === undefined ? files : { ...files, chatTemplate }, folder, options);
}

/** The same from JSON in memory. @param where the folder, named in errors */
export function createTokenizer(files: TokenizerFiles, where: string, options: TokenizerOptions = {}): Tokenizer {
  const config = parseTokenizerFile(TokenizerConfig, files.config, `${CONFIG_FILE} of ${where}`);
  const json = parseTokenizerFile(TokenizerJson, files.tokenizer, `${TOKENIZER_FILE} of ${where}`);
  const inner = construct(json, config, where);
  const idOf = (token: string | null | undefined): number | null =>
    token == null ? null : (inner.token_to_id(token) ?? null);
  const ids = [...inner.get_vocab(true).values()];
  const special = inner.added_tokens.filter((token) => token.special);
  const tokens = {
    bosToken: config.bos_token ?? null,
    eosToken: config.eos_token ?? null,
    padToken: config.pad_token ?? null,
    unkToken: config.unk_token ?? null,
    special: special.map((token) => token.content),
  };
  const source = files.chatTemplate ?? templateOf(config.chat_template);
  const template = source === undefined ? null : { ...parseChatTemplate(source, tokens, where), source };
  const pieces = (text: string, { specialTokens = "parse" }: EncodeOptions): Piece[] => [
    specialTokens === "parse" ? format(text) : content(text),
  ];
  return {
    encode: (text, given = {}) =>
      guarded(where, () => {
        if (given.addSpecialTokens) return inner.encode(text, { add_special_tokens: true }).ids;
        return text === "" ? [] : encodePieces(inner, pieces(text, given));
      }),
    encodePieces: (list) => guarded(where, () => encodePieces(inner, list)),
    decode: (list, given = {}) => {
      const known = list.filter((id) => inner.id_to_token(id) !== undefined);
      if (known.length === 0) return "";
      return guarded(where, () => inner.decode(known, { skip_special_tokens: given.skipSpecialTokens ?? false }));
    },
    tokenOf: (id) => inner.id_to_token(id) ?? null,
    vocabularySize: ids.reduce((largest, id) => Math.max(largest, id), -1) + 1,
    specialTokens: new Map(special.map((token) => [token.content, token.id])),
    bosTokenId: idOf(config.bos_token),
    eosTokenId: idOf(config.eos_token),
    padTokenId: idOf(config.pad_token),
    startIds: guarded(where, () => startIds(inner, config, idOf(config.bos_token))),
    promptFormat: formatOf(options.promptFormat ?? "auto", template, config.eos_token ?? null, where),
    chatTemplate: template,
  };
}

/** The ids of everything before the response; a text is one turn of the user. Exactly one beginning-of-sequence id where the model wants one. */
export function encodePrompt(tokenizer: Tokenizer, prompt: string | readonly Message[]): number[] {
  const { promptFormat, startIds: start } = tokenizer;
  const ids = tokenizer.encodePieces(promptFormat.prompt(prompt));
  const isThere = promptFormat.writesStart || start.every((id, place) => ids[place] === id);
  return isThere ? ids : [...start, ...ids];
}

/** What the model reads before the response, as text. */
export const promptText = ({ promptFormat }: Tokenizer, prompt: string | readonly Message[]): string =>
  textOf(promptFormat.prompt(prompt));

/**
 * The ids of a response, the end-of-sequence id last: what follows a prompt's ids when prompt and response are one text.
 * @throws UniArmError tokenizer-no-eos
 */
export function encodeResponse(tokenizer: Tokenizer, response: string): number[] {
  if (tokenizer.eosTokenId === null) {
    throw new UniArmError(
      "tokenizer-no-eos",
      "The tokenizer names no eos_token, so a response has no end. Set it in tokenizer_config.json.",
    );
  }
  const before = promptEnd(tokenizer);
  const pieces = tokenizer.promptFormat.response(response);
  const whole = tokenizer.encodePieces([...before.pieces, ...pieces]);
  // no token may reach from the prompt into the response: the prompt is encoded first
  const isApart = before.ids.every((id, place) => whole[place] === id);
  const ids = isApart ? whole.slice(before.ids.length) : tokenizer.encodePieces(pieces);
  return [...ids, tokenizer.eosTokenId];
}

/** The text of generated ids: special tokens skipped, white space around it trimmed. */
export function decodeResponse(tokenizer: Tokenizer, ids: readonly number[]): string {
  return tokenizer.decode(ids, { skipSpecialTokens: true }).trim();
}

const promptEnds = new WeakMap<Tokenizer, { pieces: Piece[]; ids: number[] }>();

/** Some prompt: what a response's ids are does not depend on the question. */
function promptEnd(tokenizer: Tokenizer): { pieces: Piece[]; ids: number[] } {
  const found = promptEnds.get(tokenizer);
  if (found) return found;
  const pieces = tokenizer.promptFormat.prompt("?");
  const end = { pieces, ids: tokenizer.encodePieces(pieces) };
  promptEnds.set(tokenizer, end);
  return end;
}

/** add_bos_token where it is said, else what the tokenizer's own post-processor puts before a text. */
function startIds(inner: HuggingFaceTokenizer, config: TokenizerConfig, bos: number | null): number[] {
  if (config.add_bos_token === false) return [];
  if (config.add_bos_token === true && bos !== null) return [bos];
  const [alone] = inner.encode("a", { add_special_tokens: false }).ids;
  const around = inner.encode("a", { add_special_tokens: true }).ids;
  return alone === undefined ? [] : around.slice(0, Math.max(0, around.indexOf(alone)));
}

function formatOf(
  name: PromptFormatName,
  template: ChatTemplate | null,
  eosToken: string | null,
  where: string,
): PromptFormat {
  if (name !== "auto" && name !== "chat-template") return namedFormat(name, eosToken);
  if (template) return chatFormat(template, eosToken, where);
  if (name === "auto") return namedFormat("plain", eosToken);
  throw new UniArmError(
    "chat-template-missing",
    `The tokenizer of ${where} has no chat template. Set promptFormat to plain, beaver, alpaca, tulu or hh, whichever the model was trained on.`,
  );
}

function construct(json: TokenizerJson, config: TokenizerConfig, where: string): HuggingFaceTokenizer {
  const pipeline = {
    ...json,
    normalizer: json.normalizer ?? null,
    pre_tokenizer: json.pre_tokenizer ?? null,
    post_processor: json.post_processor ?? null,
    decoder: json.decoder ?? null,
  };
  return guarded(where, () => new HuggingFaceTokenizer(pipeline, config));
}

/** If the library trips over a setting, the file is at fault. */
function guarded<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof UniArmError) throw cause;
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new UniArmError("tokenizer-invalid", `${TOKENIZER_FILE} of ${where} cannot be used: ${what}.`, { cause });
  }
}

function templateOf(template: TokenizerConfig["chat_template"]): string | undefined {
  if (template == null || typeof template === "string") return template ?? undefined;
  return (template.find(({ name }) => name === "default") ?? template[0])?.template;
}

async function readLimited(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size <= TOKENIZER_LIMITS.bytes) return await readText(path);
    throw new UniArmError("tokenizer-invalid", `${path} has ${size} bytes; the limit is ${TOKENIZER_LIMITS.bytes}.`);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UniArmError("tokenizer-invalid", `${path} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}
