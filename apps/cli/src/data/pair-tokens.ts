import { encodePrompt, encodeResponse, type Tokenizer } from "@uniarm/core";
import { isCut, type PreferencePair } from "@uniarm/core/schema";
import type { PairTokens } from "@uniarm/data";

/** What a pair is to a model, as training counts it: its prompt in the template with all that this adds, each response with its end. */
export function pairTokens(tokenizer: Tokenizer, pair: PreferencePair): PairTokens {
  const response = (side: 0 | 1): number =>
    encodeResponse(tokenizer, pair.responses[side], { isCut: isCut(pair, side) }).length;
  return {
    prompt: encodePrompt(tokenizer, pair.messages ?? pair.prompt).length,
    responses: [response(0), response(1)],
  };
}
