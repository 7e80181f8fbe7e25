import { tf } from "@uniarm/core";
import type { TopLogProbs } from "@uniarm/core/schema";
import { scoresOf } from "./guide.ts";
import type { GuidedBatch } from "./guided-batch.ts";
import type { GuidedLogits } from "./guided-logits.ts";
import { readTokenLogProbs, type ReadToken } from "./token-log-probs.ts";

/**
 * Log-probabilities (nats) of each row's chosen token and of the `count` likeliest, under base, ARMs and what they are fused to.
 * @param next of a batch whose base model is read
 * @param ids the chosen token of each row
 * @param armCount ARMs of the checkpoint
 */
export async function readTopLogProbs(
  next: GuidedLogits,
  ids: readonly number[],
  batch: Pick<GuidedBatch, "lanes" | "rows">,
  armCount: number,
  count: number,
): Promise<TopLogProbs[]> {
  const scores = tf.tidy(() => scoresOf(next)); // [N,V]
  try {
    const read = async (tokens: readonly number[]): Promise<ReadToken[]> =>
      (await readTokenLogProbs(next, tokens, batch, armCount, scores)).chosen;
    const chosen = await read(ids);
    const places: ReadToken[][] = []; // the likeliest of all rows, then the second of all rows, ...
    for (const tokens of await likeliestTokens(scores, count)) places.push(await read(tokens));
    return chosen.map((token, row) => ({ chosen: token, top: places.map((tokens) => tokens[row]!) }));
  } finally {
    scores.dispose();
  }
}

/** @param scores [N,V] @returns [count][N]; of equal tokens the lower id comes first */
async function likeliestTokens(scores: tf.Tensor2D, count: number): Promise<number[][]> {
  if (count === 0) return [];
  const indices = tf.tidy(
    () => tf.transpose<tf.Tensor2D>(tf.topk(scores, Math.min(count, scores.shape[1]), true).indices), // [count,N]
  );
  try {
    return await indices.array();
  } finally {
    indices.dispose();
  }
}
