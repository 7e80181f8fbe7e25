import type { Message } from "../schema/message.ts";
import type { PromptFormatName } from "../schema/prompt-format.ts";
import type { TemplateVars } from "../schema/template-vars.ts";
import { textOf } from "./pieces.ts";
import { loadTokenizer, type Tokenizer } from "./tokenizer.ts";

/**
 * The tokenizer of a model that reads whole dialogues, as reward models do.
 * @param promptFormat auto: the model's own chat template, hh where it has none
 */
export async function loadReadingTokenizer(
  model: string,
  { promptFormat, templateVars }: { promptFormat: PromptFormatName; templateVars: TemplateVars },
): Promise<Tokenizer> {
  const tokenizer = await loadTokenizer(model, { promptFormat, templateVars });
  if (promptFormat !== "auto" || tokenizer.chatTemplate) return tokenizer;
  return loadTokenizer(model, { promptFormat: "hh" });
}

/** A whole dialogue as a reward model reads it. */
export interface Conversation {
  text: string;
  ids: number[];
  /** how many of the ids open every text */
  start: number;
}

/** A prompt, or the turns of a dialogue, answered. */
export function encodeConversation(
  tokenizer: Tokenizer,
  prompt: string | readonly Message[],
  response: string,
): Conversation {
  const { promptFormat, startIds } = tokenizer;
  const pieces = promptFormat.conversation(prompt, response);
  const start = promptFormat.writesStart ? [] : startIds;
  return { text: textOf(pieces), ids: [...start, ...tokenizer.encodePieces(pieces)], start: start.length };
}
