import { loadTokenizer, textOf, type Tokenizer } from "@uniarm/core";
import type { Message, PromptFormatName, RewardModelConfig } from "@uniarm/core/schema";
import type { RewardModelKind } from "./kinds.ts";

/** A prompt and a response as text and ids; `start` of the ids open every text. */
export type Reader = (
  prompt: string | readonly Message[],
  response: string,
) => { text: string; ids: number[]; start: number };

/** How the reward model reads a prompt and a response. */
export async function readerOf(config: RewardModelConfig, kind: RewardModelKind): Promise<Reader> {
  const format = config.format === "auto" ? kind.format : config.format;
  if (format === "response") {
    const tokenizer = await loadTokenizer(config.model, { promptFormat: "plain" });
    return (_prompt, response) => ({
      text: response,
      ids: [...tokenizer.encode(response, { addSpecialTokens: true }), ...ending(config, tokenizer)],
      start: 1,
    });
  }
  const tokenizer = await tokenizerOf(config.model, format);
  return (prompt, response) => {
    const pieces = [...tokenizer.promptFormat.prompt(prompt), ...tokenizer.promptFormat.response(response)];
    const start = tokenizer.promptFormat.writesStart ? [] : tokenizer.startIds;
    const ids = [...start, ...tokenizer.encodePieces(pieces), ...ending(config, tokenizer)];
    return { text: textOf(pieces), ids, start: start.length };
  };
}

async function tokenizerOf(folder: string, format: PromptFormatName | "model"): Promise<Tokenizer> {
  if (format !== "model") return loadTokenizer(folder, { promptFormat: format });
  const tokenizer = await loadTokenizer(folder);
  return tokenizer.chatTemplate ? tokenizer : loadTokenizer(folder, { promptFormat: "hh" });
}

const ending = ({ endOfText }: RewardModelConfig, { eosTokenId }: Tokenizer): number[] =>
  endOfText && eosTokenId !== null ? [eosTokenId] : [];
