import { loadTokenizer, textOf, type Tokenizer } from "@uniarm/core";
import type { PromptFormatName, RewardModelConfig } from "@uniarm/core/schema";
import type { RewardModelKind } from "./kinds.ts";
import { pairReader } from "./pair-reader.ts";
import type { Reader } from "./reading.ts";

/** How the reward model reads a prompt and a response. */
export async function readerOf(config: RewardModelConfig, kind: RewardModelKind): Promise<Reader> {
  const format = config.format === "auto" ? kind.format : config.format;
  if (format === "pair") return pairReader(config, kind);
  if (format === "response") {
    const tokenizer = await loadTokenizer(config.model, { promptFormat: "plain" });
    return (_prompt, response) => {
      const ids = tokenizer.encode(response, { addSpecialTokens: true });
      return { text: response, ids: [...ids, ...ending(config, tokenizer, ids)], start: 1 };
    };
  }
  const tokenizer = await tokenizerOf(config, format);
  return (prompt, response) => {
    const pieces = tokenizer.promptFormat.conversation(prompt, response);
    const start = tokenizer.promptFormat.writesStart ? [] : tokenizer.startIds;
    const ids = [...start, ...tokenizer.encodePieces(pieces)];
    return { text: textOf(pieces), ids: [...ids, ...ending(config, tokenizer, ids)], start: start.length };
  };
}

async function tokenizerOf(
  { model, templateVars }: RewardModelConfig,
  format: PromptFormatName | "model",
): Promise<Tokenizer> {
  if (format !== "model") return loadTokenizer(model, { promptFormat: format, templateVars });
  const tokenizer = await loadTokenizer(model, { templateVars });
  return tokenizer.chatTemplate ? tokenizer : loadTokenizer(model, { promptFormat: "hh" });
}

/** A template that ends its turns with the token has written it already. */
const ending = ({ endOfText }: RewardModelConfig, { eosTokenId }: Tokenizer, ids: readonly number[]): number[] =>
  endOfText && eosTokenId !== null && ids.at(-1) !== eosTokenId ? [eosTokenId] : [];
