import type { Random } from "@uniarm/core";
import type { SamplingConfig } from "@uniarm/core/schema";

/** A row that is being decoded, as the choice of its next token sees it. */
export interface RowSoFar {
  random: Random;
  promptIds: readonly number[];
  /** chosen so far */
  tokenIds: readonly number[];
}

/** Whether a setting changes scores of a row's next token, not only which of them are drawn from. */
export const changesScores = (sampling: SamplingConfig, rows: readonly Pick<RowSoFar, "tokenIds">[]): boolean =>
  sampling.repetitionPenalty !== 1 ||
  sampling.frequencyPenalty !== 0 ||
  sampling.presencePenalty !== 0 ||
  rows.some(({ tokenIds }) => tokenIds.length < sampling.minNewTokens) ||
  Object.keys(sampling.logitBias).length > 0;

/**
 * Changes the guided scores [V] of one row's next token, before temperature and filters; the order is that of transformers,
 * with the penalties of OpenAI's API, which it has not, after its own:
 * 1. logitBias is added.
 * 2. repetitionPenalty: of each token of prompt and response, however often it is there, a positive score is divided by it
 *    and a negative one multiplied (CTRL).
 * 3. frequencyPenalty times how often the response holds a token, and presencePenalty once if it does, are subtracted.
 * 4. Before minNewTokens, what would end the response is ruled out.
 */
export function processScores(
  scores: Float32Array,
  sampling: SamplingConfig,
  { promptIds, tokenIds }: Pick<RowSoFar, "promptIds" | "tokenIds">,
  eosTokenIds: ReadonlySet<number>,
): void {
  const { logitBias, repetitionPenalty, frequencyPenalty, presencePenalty, minNewTokens } = sampling;
  for (const [id, bias] of Object.entries(logitBias)) scores[Number(id)]! += bias;
  // ids of the prompt may lie above what base and ARMs share; writing there does nothing
  if (repetitionPenalty !== 1)
    for (const id of new Set([...promptIds, ...tokenIds])) {
      const score = scores[id]!;
      scores[id] = score > 0 ? score / repetitionPenalty : score * repetitionPenalty;
    }
  if (frequencyPenalty !== 0 || presencePenalty !== 0)
    for (const [id, count] of countsOf(tokenIds)) scores[id]! -= frequencyPenalty * count + presencePenalty;
  if (tokenIds.length < minNewTokens) for (const id of eosTokenIds) scores[id] = -Infinity;
}

/** Scores [V] -> log-probabilities, in place. */
export function normaliseScores(scores: Float32Array): void {
  let largest = -Infinity;
  for (const score of scores) if (score > largest) largest = score;
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - largest);
  const logSum = largest + Math.log(sum);
  for (let id = 0; id < scores.length; id++) scores[id]! -= logSum;
}

function countsOf(ids: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
