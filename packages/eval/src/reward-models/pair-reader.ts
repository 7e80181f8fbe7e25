import { loadTokenizer } from "@uniarm/core";
import { UniArmError, type Message, type RewardModelConfig } from "@uniarm/core/schema";
import type { RewardModelKind } from "./kinds.ts";
import type { Reader } from "./reading.ts";

/** Prompt and response as two texts side by side, as tokenizer(prompt, response) writes them in transformers. */
export async function pairReader({ model }: RewardModelConfig, { typesPairs }: RewardModelKind): Promise<Reader> {
  const tokenizer = await loadTokenizer(model, { promptFormat: "plain" });
  const isTyped = tokenizer.givesTypes ?? typesPairs;
  return (prompt, response) => {
    const question = questionOf(prompt, model);
    const text = JSON.stringify([question, response]);
    if (response === "") {
      // transformers takes an empty second text for none
      const ids = tokenizer.encode(question, { specialTokens: "text", addSpecialTokens: true });
      return { text, ids, start: 1 };
    }
    const { ids, types } = tokenizer.encodePair(question, response);
    return isTyped ? { text, ids, types, start: 1 } : { text, ids, start: 1 };
  };
}

/** @throws UniArmError reward-model-turns: who writes several turns as one text decides what is scored */
function questionOf(prompt: string | readonly Message[], model: string): string {
  if (typeof prompt === "string") return prompt;
  const [first] = prompt;
  if (prompt.length === 1 && first?.role === "user") return first.content;
  throw new UniArmError(
    "reward-model-turns",
    `The reward model ${model} reads one prompt beside its response (format pair), but was given a dialogue of ${prompt.length} messages. ` +
      "Score prompts of one turn with it, or write the turns into one prompt as it was trained on them.",
  );
}
