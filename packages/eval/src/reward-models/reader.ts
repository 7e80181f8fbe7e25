import { encodeConversation, loadReadingTokenizer, loadTokenizer, type Tokenizer } from "@uniarm/core";
import type { ReadingSettings, RewardModelConfig } from "@uniarm/core/schema";
import type { RewardModelKind } from "./kinds.ts";
import { pairReader } from "./pair-reader.ts";
import type { Reader } from "./reading.ts";

/**
 * How the reward model reads a prompt and a response.
 * @param trained how a scorer that was trained here read them
 */
export async function readerOf(
  config: RewardModelConfig,
  kind: RewardModelKind,
  trained?: ReadingSettings,
): Promise<Reader> {
  const usual = trained && trained.promptFormat !== "auto" ? trained.promptFormat : kind.format;
  const format = config.format === "auto" ? usual : config.format;
  if (format === "pair") return pairReader(config, kind);
  if (format === "response") {
    const tokenizer = await loadTokenizer(config.model, { promptFormat: "plain" });
    return (_prompt, response) => {
      const ids = tokenizer.encode(response, { addSpecialTokens: true });
      return { text: response, ids: [...ids, ...ending(config, tokenizer, ids)], start: 1 };
    };
  }
  const promptFormat = format === "model" ? "auto" : format;
  const templateVars = { ...trained?.templateVars, ...config.templateVars };
  const tokenizer = await loadReadingTokenizer(config.model, { promptFormat, templateVars });
  return (prompt, response) => {
    const { text, ids, start } = encodeConversation(tokenizer, prompt, response);
    return { text, ids: [...ids, ...ending(config, tokenizer, ids)], start };
  };
}

/** A template that ends its turns with the token has written it already. */
const ending = ({ endOfText }: RewardModelConfig, { eosTokenId }: Tokenizer, ids: readonly number[]): number[] =>
  endOfText && eosTokenId !== null && ids.at(-1) !== eosTokenId ? [eosTokenId] : [];
