import type { PreferencePair } from "@uniarm/core/schema";
import { relabel, type RelabelOptions } from "./relabel.ts";

/** A prompt and the responses that were sampled for it. */
export interface Responses {
  prompt: string;
  messages?: PreferencePair["messages"];
  responses: readonly string[];
}

/**
 * Pairs of each prompt's own responses: of n different ones, neighbours (0,1), (2,3), ... are paired, so that no response
 * counts twice. A prompt with fewer than two different responses gives no pair.
 */
export async function* pairsFromResponses(
  prompts: AsyncIterable<Responses>,
  options: RelabelOptions,
): AsyncGenerator<PreferencePair> {
  yield* relabel(neighbours(prompts), options);
}

async function* neighbours(prompts: AsyncIterable<Responses>): AsyncGenerator<PreferencePair> {
  for await (const { prompt, messages, responses } of prompts) {
    const different = [...new Set(responses)];
    for (let at = 0; at + 1 < different.length; at += 2) {
      const pair: [string, string] = [different[at]!, different[at + 1]!];
      yield { prompt, ...(messages ? { messages } : {}), responses: pair, winners: {} };
    }
  }
}
