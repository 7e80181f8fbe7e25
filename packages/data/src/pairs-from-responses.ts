import type { Finish, PreferencePair } from "@uniarm/core/schema";
import { relabel, type RelabelOptions } from "./relabel.ts";

/** A prompt and the responses that were sampled for it. */
export interface Responses {
  prompt: string;
  messages?: PreferencePair["messages"];
  responses: readonly string[];
  /** how each of them ended, where that is known */
  finishes?: readonly Finish[];
}

/**
 * Pairs of each prompt's own responses: of n different ones that are not empty, neighbours (0,1), (2,3), ... are paired, so that no response
 * counts twice. A prompt with fewer than two different responses gives no pair.
 */
export async function* pairsFromResponses(
  prompts: AsyncIterable<Responses>,
  options: RelabelOptions,
): AsyncGenerator<PreferencePair> {
  yield* relabel(neighbours(prompts), options);
}

async function* neighbours(prompts: AsyncIterable<Responses>): AsyncGenerator<PreferencePair> {
  for await (const { prompt, messages, responses, finishes } of prompts) {
    const different = [...new Set(responses)].filter((text) => text !== "");
    const finishOf = (text: string): Finish => finishes![responses.indexOf(text)]!;
    for (let at = 0; at + 1 < different.length; at += 2) {
      const pair: [string, string] = [different[at]!, different[at + 1]!];
      yield {
        prompt,
        ...(messages ? { messages } : {}),
        responses: pair,
        ...(finishes ? { finishes: [finishOf(pair[0]), finishOf(pair[1])] } : {}),
        winners: {},
      };
    }
  }
}
