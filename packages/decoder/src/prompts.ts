import { encodePrompt, mostTokens, readJsonLines, type Tokenizer, type Transformer } from "@uniarm/core";
import { Prompt, textOfPrompt, UniArmError } from "@uniarm/core/schema";
import type { EncodedPrompt } from "./rows.ts";

/**
 * Prompts as given, or of a JSONL file of {id, text} or {id, messages}.
 * @throws UniArmError prompts-empty, prompts-duplicate; the file's own errors name file and line
 */
export async function readPrompts(source: string | readonly Prompt[]): Promise<Prompt[]> {
  const prompts = typeof source === "string" ? await readJsonLines(source, Prompt) : [...source];
  const where = typeof source === "string" ? source : "The list of prompts";
  if (prompts.length === 0) {
    throw new UniArmError(
      "prompts-empty",
      `${where} has no prompts. Give at least one {"id": ..., "text": ...} or {"id": ..., "messages": [...]}.`,
    );
  }
  const seen = new Set<string>();
  for (const { id } of prompts) {
    if (seen.has(id)) {
      throw new UniArmError(
        "prompts-duplicate",
        `${where} has prompt id ${JSON.stringify(id)} twice. Give each prompt an id of its own.`,
      );
    }
    seen.add(id);
  }
  return prompts;
}

/**
 * Prompts as the models read them.
 * @throws UniArmError prompt-too-long when a prompt and `maxNewTokens` do not fit a context together; prompt-empty
 */
export function encodePrompts(
  prompts: readonly Prompt[],
  models: {
    tokenizer: Tokenizer;
    model: Transformer;
    armTokenizer?: Tokenizer | null;
    armModel?: Transformer | undefined;
  },
  maxNewTokens: number,
): EncodedPrompt[] {
  const { tokenizer, model, armTokenizer, armModel } = models;
  return prompts.map((prompt) => {
    const ids = fittingIds(prompt, tokenizer, model, maxNewTokens);
    if (!armTokenizer || !armModel) return { ...prompt, ids };
    return { ...prompt, ids, armIds: fittingIds(prompt, armTokenizer, armModel, maxNewTokens) };
  });
}

function fittingIds(prompt: Prompt, tokenizer: Tokenizer, { config }: Transformer, maxNewTokens: number): number[] {
  const { contextTokens } = config;
  const ids = encodePrompt(tokenizer, prompt.messages ?? textOfPrompt(prompt));
  if (ids.length === 0) {
    throw new UniArmError(
      "prompt-empty",
      `Prompt ${prompt.id} has no tokens; the first response token needs one to follow.`,
    );
  }
  if (ids.length >= contextTokens) {
    throw new UniArmError(
      "prompt-too-long",
      `Prompt ${prompt.id} has ${ids.length} tokens; the model's context is ${contextTokens} tokens. Shorten or leave out the prompt.`,
    );
  }
  if (ids.length + maxNewTokens > contextTokens) {
    throw new UniArmError(
      "prompt-too-long",
      `Prompt ${prompt.id} has ${ids.length} tokens; with maxNewTokens ${maxNewTokens} it would reach ${ids.length + maxNewTokens}, ` +
        `and the model's context is ${contextTokens} tokens. Set maxNewTokens to ${contextTokens - ids.length} or less, or shorten the prompt.`,
    );
  }
  const most = mostTokens(config, ids.length);
  if (ids.length + maxNewTokens > most) {
    throw new UniArmError(
      "prompt-too-long",
      `Prompt ${prompt.id} has ${ids.length} tokens; with maxNewTokens ${maxNewTokens} it would cross token ${most}, from where on ` +
        `longrope turns all positions of the model otherwise. Set maxNewTokens to ${most - ids.length} or less, or start from a longer prompt.`,
    );
  }
  return ids;
}
