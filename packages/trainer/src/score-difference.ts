import {
  bindAdapter,
  headScores,
  scorerHead,
  tf,
  withDropout,
  type Adapter,
  type Random,
  type TokenBatch,
  type Transformer,
} from "@uniarm/core";
import type { LossSettings } from "./loss-settings.ts";

/** Rows of pairs, each with the column that a scorer reads. */
export interface ScoredRows {
  tokens: TokenBatch;
  readAt: readonly number[];
  /** share of the adapter's inputs that is left out, and what it is drawn from; default: none */
  dropout?: { share: number; random: Random };
}

/** r(response 0) - r(response 1) of B pairs, as 2B rows, for each objective [B,K]; differentiable in adapter and head. */
export function scoreDifference(
  model: Transformer,
  adapter: Adapter,
  { tokens: { ids }, readAt, dropout }: ScoredRows,
  { recompute = false }: Pick<LossSettings, "recompute">,
): tf.Tensor2D {
  return tf.tidy(() => {
    const bound = bindAdapter(adapter, tf.ones([ids.length, adapter.objectiveCount]));
    const rows = dropout ? withDropout(bound, dropout.share, dropout.random) : bound;
    const adapters = [{ adapter: rows, start: 0, count: ids.length }];
    const scores = headScores(model, ids, readAt, scorerHead(adapter), { adapters, recompute }); // [2B,K]
    const pairs = ids.length / 2;
    return tf.sub(tf.slice(scores, [0, 0], [pairs, -1]), tf.slice(scores, [pairs, 0], [pairs, -1]));
  });
}
