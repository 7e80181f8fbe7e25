import { UniArmError, type Estimate, type Generation } from "@uniarm/core/schema";
import { crossedSpread, spreadInterval } from "../statistics/crossed.ts";

/** An answer's tokens, and the sum of their log-probabilities under the base model. */
export type AnswerLogProb = Pick<Generation, "promptId" | "sample" | "tokenIds" | "baseLogProbNats">;

/**
 * Perplexity of answers under the base model: exp(- sum of log p_base / number of tokens) over all answers together, so that a
 * token counts once wherever it is; 1 and above, neither is better: what the base finds likely need not be wanted. The interval
 * is Student's of the log of it over prompts (a ratio, by its first-order shares), null for one prompt.
 * @throws UniArmError log-probs-empty, log-probs-missing, log-probs-range
 */
export function basePerplexity(answers: readonly AnswerLogProb[], confidence = 0.95): Estimate {
  if (answers.length === 0)
    throw new UniArmError("log-probs-empty", "No answers: a perplexity needs at least one token.");
  const prompts = [...Map.groupBy(answers, ({ promptId }) => promptId).values()].map((own) => ({
    nats: own.reduce((sum, answer) => sum - checked(answer), 0),
    tokens: own.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0),
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

function checked({ promptId, sample, tokenIds, baseLogProbNats: nats }: AnswerLogProb): number {
  const where = `The answer to prompt "${promptId}", sample ${sample},`;
  if (nats === undefined)
    throw new UniArmError(
      "log-probs-missing",
      `${where} has no log-probability under the base model. Decode it again with baseLogProbs.`,
    );
  // rounding of a token may go above 0
  if (tokenIds.length > 0 && nats > -Infinity && nats <= 1e-5 * tokenIds.length) return nats;
  throw new UniArmError(
    "log-probs-range",
    `${where} has ${tokenIds.length} tokens and a log-probability of ${nats}; expected tokens, and a finite number of at most 0.`,
  );
}
