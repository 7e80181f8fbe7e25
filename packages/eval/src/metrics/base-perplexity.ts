import type { Estimate } from "@uniarm/core/schema";
import { crossedSpread, spreadInterval } from "../statistics/crossed.ts";
import { checkLogProbs, type SampleLogProbs } from "./token-log-probs.ts";

/**
 * Perplexity of answers under the base model: exp(- sum of log p_base / number of tokens) over all answers together, so that a
 * token counts once wherever it is; 1 and above, neither is better: what the base finds likely need not be wanted. The interval
 * is Student's of the log of it over prompts (a ratio, by its first-order shares), null for one prompt.
 * @throws UniArmError log-probs-empty, log-probs-length, log-probs-range
 */
export function basePerplexity(samples: readonly SampleLogProbs[], confidence = 0.95): Estimate {
  checkLogProbs(samples);
  const prompts = [...Map.groupBy(samples, ({ promptId }) => promptId).values()].map((own) => ({
    nats: own.reduce((sum, { base }) => sum - base.reduce((total, value) => total + value, 0), 0),
    tokens: own.reduce((sum, { base }) => sum + base.length, 0),
  }));
  const tokens = prompts.reduce((sum, one) => sum + one.tokens, 0);
  const perToken = prompts.reduce((sum, { nats }) => sum + nats, 0) / tokens;
  const shares = prompts.map(
    (one) => perToken + (prompts.length * (one.nats - perToken * one.tokens)) / tokens, // their mean is perToken
  );
  const spread = crossedSpread(
    [shares],
    prompts.map(() => ""),
  );
  if (!spread) return { value: Math.exp(perToken), interval: null };
  const { low, high } = spreadInterval(perToken, spread, confidence);
  return { value: Math.exp(perToken), interval: { low: Math.exp(low), high: Math.exp(high) } };
}
