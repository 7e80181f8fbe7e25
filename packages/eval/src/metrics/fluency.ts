import type { Fluency, Generation, Measure } from "@uniarm/core/schema";
import { basePerplexity } from "./base-perplexity.ts";
import { textHealth } from "./text-health.ts";

/** Whether answers are still language: those at one preference, so that sets of one size are compared. */
export function fluencyOf(generations: readonly Generation[]): Fluency {
  const { answers, lengthTokens, distinct, repeatedFourGrams, endedShare } = textHealth(generations);
  return {
    answers,
    basePerplexity: perplexityOf(generations),
    repeatedFourGrams,
    distinctTwo: distinct[1],
    endedShare: endedShare.value!,
    lengthTokens: lengthTokens.value!,
  };
}

function perplexityOf(generations: readonly Generation[]): Measure {
  const unread = generations.filter(({ baseLogProbNats }) => baseLogProbNats === undefined).length;
  if (unread === 0) return { value: basePerplexity(generations).value };
  return {
    value: null,
    reason: `${unread} of ${generations.length} answers have no log-probability under the base model: decode them with baseLogProbs.`,
  };
}
