import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isFile, isFolder } from "../files/exists.ts";
import { readGgufHeader } from "../files/gguf/header.ts";
import { isGgufPath } from "../files/gguf/is-gguf.ts";
import { modelPath } from "../files/model-path.ts";
import { readText } from "../files/read-text.ts";
import { UniArmError } from "../schema/error.ts";
import type { Message } from "../schema/message.ts";
import type { PromptFormatName } from "../schema/prompt-format.ts";
import type { TemplateVars } from "../schema/template-vars.ts";
import { addedTokensOf } from "./added-tokens-of.ts";
import { chatFormat, parseChatTemplate, type ChatTemplate } from "./chat-template.ts";
import { withClassSettings } from "./class-settings.ts";
import { ggufTokenizerFiles } from "./gguf/tokenizer-json.ts";
import { givesTypes } from "./gives-types.ts";
import { classOf, specialTokensOf } from "./named-tokens.ts";
import { content, format, slicePieces, textOf, type Piece } from "./pieces.ts";
import { cleaned } from "./pipeline/decoders.ts";
import { pipelineOf, type Pipeline } from "./pipeline/pipeline.ts";
import { framed } from "./pipeline/post-processor.ts";
import { namedFormat, type PromptFormat } from "./prompt-format.ts";
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
  /** Two texts in the frame that the tokenizer puts around a pair, with the segment of each id; special tokens stay text. */
  encodePair(one: string, other: string): { ids: number[]; types: number[] };
  /** whether the model is given those segments, as far as tokenizer_config.json tells; null: its model's class decides */
  readonly givesTypes: boolean | null;
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
  readonly chatTemplate: ChatTemplate | null;
}

export interface TokenizerOptions {
  /** Default: auto, the model's own chat template, or plain where it has none. */
  promptFormat?: PromptFormatName | undefined;
  /** further variables of the chat template */
  templateVars?: TemplateVars | undefined;
}

const TOKENIZER_FILE = "tokenizer.json";
const CONFIG_FILE = "tokenizer_config.json";

/**
 * Reads a model folder's tokenizer.json, and where they are there tokenizer_config.json, special_tokens_map.json,
 * chat_template.jinja and the model's config.json; of a GGUF file the keys about its tokenizer.
 * @throws UniArmError tokenizer-missing-file, tokenizer-invalid, tokenizer-unsupported, chat-template-invalid, chat-template-missing
 */
export async function loadTokenizer(place: string, options: TokenizerOptions = {}): Promise<Tokenizer> {
  const folder = modelPath(place);
  if (isGgufPath(folder)) return createTokenizer(ggufTokenizerFiles(readGgufHeader(folder)), folder, options);
  const read = (name: string): Promise<string | undefined> => readLimited(join(folder, name));
  const json = async (name: string): Promise<unknown> => {
    const text = await read(name);
    return text === undefined ? undefined : parseJson(text, join(folder, name));
  };
  const tokenizer = await json(TOKENIZER_FILE);
  if (tokenizer === undefined) throw await missingTokenizer(folder);
  const files: TokenizerFiles = {
    tokenizer,
    config: (await json(CONFIG_FILE)) ?? {},
    chatTemplate: await read("chat_template.jinja"),
    specialTokensMap: await json("special_tokens_map.json"),
    model: await json("config.json"),
  };
  return createTokenizer(files, folder, options);
}

async function missingTokenizer(folder: string): Promise<UniArmError> {
  if (!(await isFolder(folder)))
    return new UniArmError(
      "tokenizer-missing-file",
      `There is no model folder ${folder}. A model folder holds config.json, its weights and tokenizer.json.`,
    );
  for (const name of ["tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "vocab.json", "vocab.txt"]) {
    if (!(await isFile(join(folder, name)))) continue;
    return new UniArmError(
      "tokenizer-missing-file",
      `Model folder ${folder} has its tokenizer in ${name} alone; expected tokenizer.json. ` +
        `Convert it: python -c "from transformers import AutoTokenizer as T; T.from_pretrained('${folder}').save_pretrained('${folder}')"`,
    );
  }
  return new UniArmError(
    "tokenizer-missing-file",
    `Model folder ${folder} has no tokenizer.json. Put the tokenizer files of the model's own repository beside its weights.`,
  );
}

/** The same from JSON in memory. @param where the folder, named in errors */
export function createTokenizer(files: TokenizerFiles, where: string, options: TokenizerOptions = {}): Tokenizer {
  const config = parseTokenizerFile(TokenizerConfig, files.config, `${CONFIG_FILE} of ${where}`);
  const written = parseTokenizerFile(TokenizerJson, files.tokenizer, `${TOKENIZER_FILE} of ${where}`);
  const json = withClassSettings(written, config, classOf(config, files));
  const special = specialTokensOf(config, files, where);
  const { named } = special;
  const inner = guarded(where, () => pipelineOf(json, addedTokensOf(json, config, special)));
  const idOf = (token: string | undefined): number | null =>
    token === undefined ? null : (inner.ids.get(token) ?? null);
  const specialTexts = inner.special.map((token) => token.content);
  const source = files.chatTemplate ?? templateOf(config.chat_template, where);
  const template =
    source === undefined
      ? null
      : parseChatTemplate(source, { named, special: specialTexts }, where, options.templateVars);
  const specialIds = new Set(inner.special.map(({ id }) => id));
  // blanks before marks are taken away as transformers does: only where it is asked for, and never from byte pairs
  const cleans =
    config.clean_up_tokenization_spaces === true &&
    (json.model.type !== "BPE" ||
      config.clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output === true);
  const promptFormat = formatOf(options.promptFormat ?? "auto", template, named.eos_token ?? null, where);
  checkVarsCount(options.templateVars, promptFormat);
  const alone = (text: string): number[] => inner.encode([content(text)]);
  return {
    encode: (text, { specialTokens = "parse", addSpecialTokens = false } = {}) =>
      guarded(where, () => {
        const ids = text === "" ? [] : inner.encode([specialTokens === "parse" ? format(text) : content(text)]);
        return addSpecialTokens ? framed(inner.frame.single, ids).ids : ids;
      }),
    encodePieces: (list) => guarded(where, () => inner.encode(list)),
    encodePair: (one, other) => guarded(where, () => framed(inner.frame.pair, alone(one), alone(other))),
    givesTypes: givesTypes(config),
    decode: (list, { skipSpecialTokens = false } = {}) => {
      const known = list.filter((id) => inner.tokens.has(id) && !(skipSpecialTokens && specialIds.has(id)));
      if (known.length === 0) return "";
      const text = guarded(where, () => inner.decode(known));
      return cleans ? cleaned(text) : text;
    },
    tokenOf: (id) => inner.tokens.get(id) ?? null,
    vocabularySize: [...inner.tokens.keys()].reduce((largest, id) => Math.max(largest, id), -1) + 1,
    specialTokens: new Map(inner.special.map((token) => [token.content, token.id])),
    bosTokenId: idOf(named.bos_token),
    eosTokenId: idOf(named.eos_token),
    padTokenId: idOf(named.pad_token),
    startIds: startIds(inner),
    promptFormat,
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

/** Half a character at the end: where a limit of tokens came within its bytes, decoding leaves replacement characters. */
const HALF_CHARACTER = /\uFFFD+$/;

/**
 * The ids of a response, the end-of-sequence id last: what follows a prompt's ids when prompt and response are one text. One
 * that was cut off has no end, and no half character before it.
 * @throws UniArmError tokenizer-no-eos
 */
export function encodeResponse(
  tokenizer: Tokenizer,
  response: string,
  { isCut = false }: { isCut?: boolean } = {},
): number[] {
  const { promptFormat } = tokenizer;
  if (isCut) return responseIds(tokenizer, withoutEnd(promptFormat, response.replace(HALF_CHARACTER, "").trim()));
  if (tokenizer.eosTokenId === null) {
    throw new UniArmError(
      "tokenizer-no-eos",
      "The tokenizer names no eos_token, so a response has no end. Set it in tokenizer_config.json.",
    );
  }
  return [...responseIds(tokenizer, promptFormat.response(response)), tokenizer.eosTokenId];
}

/** A response as the format writes it, up to its own last character: what stands behind it says that it has ended. */
function withoutEnd(promptFormat: PromptFormat, response: string): Piece[] {
  if (response === "") return [];
  const pieces = promptFormat.response(response);
  const at = textOf(pieces).lastIndexOf(response);
  return at < 0 ? pieces : slicePieces(pieces, 0, at + response.length); // a template may write it otherwise
}

function responseIds(tokenizer: Tokenizer, pieces: readonly Piece[]): number[] {
  const before = promptEnd(tokenizer);
  const whole = tokenizer.encodePieces([...before.pieces, ...pieces]);
  // no token may reach from the prompt into the response: the prompt is encoded first
  const isApart = before.ids.every((id, place) => whole[place] === id);
  return isApart ? whole.slice(before.ids.length) : tokenizer.encodePieces(pieces);
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

/** What the tokenizer's own post-processor puts before a text; add_bos_token of older files is said there, too. */
function startIds({ frame }: Pipeline): number[] {
  const text = frame.single.findIndex((item) => "sequence" in item);
  return frame.single.slice(0, Math.max(0, text)).flatMap((item) => ("ids" in item ? [...item.ids] : []));
}

function formatOf(
  name: PromptFormatName,
  template: ChatTemplate | null,
  eosToken: string | null,
  where: string,
): PromptFormat {
  if (name !== "auto" && name !== "chat-template") return namedFormat(name, eosToken);
  if (template) return chatFormat(template, eosToken);
  if (name === "auto") return namedFormat("plain", eosToken);
  throw new UniArmError(
    "chat-template-missing",
    `The tokenizer of ${where} has no chat template. Set promptFormat to plain, beaver, alpaca, tulu or hh, whichever the model was trained on.`,
  );
}

/** @throws UniArmError template-vars-invalid when nothing reads them */
function checkVarsCount(vars: TemplateVars = {}, { name }: PromptFormat): void {
  const names = Object.keys(vars);
  if (names.length === 0 || name === "chat-template") return;
  throw new UniArmError(
    "template-vars-invalid",
    `Template variables cannot be used: ${names.join(", ")} would have no effect, since prompts are written in the format ${name}. Leave them out, or take a model with a chat template and promptFormat chat-template.`,
  );
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

/** @throws UniArmError chat-template-missing when several have names and none is the default */
function templateOf(template: TokenizerConfig["chat_template"], where: string): string | undefined {
  if (template == null || typeof template === "string") return template ?? undefined;
  const found = template.find(({ name }) => name === "default");
  if (found) return found.template;
  const names = template.map(({ name }) => JSON.stringify(name)).join(", ");
  throw new UniArmError(
    "chat-template-missing",
    `The tokenizer of ${where} has chat templates for ${names}, and none is named "default". Name the one to use so in tokenizer_config.json.`,
  );
}

async function readLimited(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size <= TOKENIZER_LIMITS.bytes) return await readText(path);
    throw new UniArmError("tokenizer-invalid", `${path} has ${size} bytes; the limit is ${TOKENIZER_LIMITS.bytes}.`);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
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
