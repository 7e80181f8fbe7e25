import { encodeConversation, encodePrompt, encodeResponse, type Tokenizer } from "@uniarm/core";
import { isCut, type PreferencePair } from "@uniarm/core/schema";

/** The two rows of a pair: what both begin with, and the rest of each. */
interface EncodedPair {
  prompt: number[];
  responses: [number[], number[]];
}

/** A prompt and two answers to learn, each with its end unless it was cut off. */
export function encodeAnswers(tokenizer: Tokenizer, pair: PreferencePair): EncodedPair {
  return {
    prompt: encodePrompt(tokenizer, pair.messages ?? pair.prompt),
    responses: [
      encodeResponse(tokenizer, pair.responses[0], { isCut: isCut(pair, 0) }),
      encodeResponse(tokenizer, pair.responses[1], { isCut: isCut(pair, 1) }),
    ],
  };
}

/** Two whole dialogues, as a reward model reads them: whether an answer was cut off it is not told. */
export function encodeDialogues(tokenizer: Tokenizer, { messages, prompt, responses }: PreferencePair): EncodedPair {
  const [first, second] = responses.map((response) => encodeConversation(tokenizer, messages ?? prompt, response).ids);
  const shared = Math.min(equalStart(first!, second!), first!.length - 1, second!.length - 1); // each has a rest
  return { prompt: first!.slice(0, shared), responses: [first!.slice(shared), second!.slice(shared)] };
}

function equalStart(first: readonly number[], second: readonly number[]): number {
  const differing = first.findIndex((id, place) => id !== second[place]);
  return differing < 0 ? first.length : differing;
}
