import {
  bindAdapter,
  pairLoss,
  sequenceLogProbs,
  tf,
  type Adapter,
  type TokenBatch,
  type Transformer,
} from "@uniarm/core";
import type { LossSettings } from "./loss-settings.ts";

/** What a gradient is taken of: B pairs as 2B rows [all first responses, all second ones] and all that their loss depends on. */
export interface MicroBatch {
  tokens: TokenBatch;
  /** [B][K]: weights of the objectives in the loss */
  lossPreferences: readonly (readonly number[])[];
  /** [B][K]: what the adapter is given */
  shownPreferences: readonly (readonly number[])[];
  /** [B][K]: +1, -1, or 0 for no gradient */
  signs: readonly (readonly number[])[];
  /** [B][K]: score differences, for the global loss G2 */
  margins: readonly (readonly number[])[] | null;
}

export interface PairObjective {
  loss: tf.Scalar;
  /** [K]: means over the pairs, not weighted by the preference */
  objectiveLosses: tf.Tensor1D;
  globalLoss: tf.Scalar | null;
  /** L(y) of each row, [2B] */
  sequenceLogProbs: tf.Tensor1D;
}

/** The training loss of one micro-batch; differentiable in the adapter's tensors. The caller owns what it returns. */
export function pairObjective(
  model: Transformer,
  adapter: Adapter,
  batch: MicroBatch,
  settings: LossSettings,
): PairObjective {
  const sequence = pairLogProbs(model, adapter, batch.tokens, batch.shownPreferences, settings.recompute);
  const pairs = batch.lossPreferences.length;
  const { loss, objectiveLosses, globalLoss } = pairLoss({
    difference: tf.sub(tf.slice(sequence, [0], [pairs]), tf.slice(sequence, [pairs], [pairs])), // [B]
    preference: matrix(batch.lossPreferences),
    signs: matrix(batch.signs),
    betas: [...settings.betas],
    ...(batch.margins ? { margins: matrix(batch.margins) } : {}),
    ...(settings.global ? { global: settings.global } : {}),
  });
  return { loss, objectiveLosses, globalLoss, sequenceLogProbs: sequence };
}

/** L(y) of the 2B rows of B pairs under the adapter, which is given each pair's preference [B][K] -> [2B]. */
export function pairLogProbs(
  model: Transformer,
  adapter: Adapter,
  tokens: TokenBatch,
  shownPreferences: MicroBatch["shownPreferences"],
  recompute = false,
): tf.Tensor1D {
  return tf.tidy(() => {
    const rows = bindAdapter(adapter, matrix([...shownPreferences, ...shownPreferences])); // [2B,K]
    const adapters = [{ adapter: rows, start: 0, count: 2 * shownPreferences.length }];
    return sequenceLogProbs(model, tokens, { adapters, recompute });
  });
}

/** The same pairs as the ARM of the one objective in `column` sees them. */
export function singleObjective(batch: MicroBatch, column: number): MicroBatch {
  const ones = batch.lossPreferences.map(() => [1]);
  const only = (rows: readonly (readonly number[])[]): number[][] => rows.map((row) => [row[column]!]);
  return {
    tokens: batch.tokens,
    lossPreferences: ones,
    shownPreferences: ones,
    signs: only(batch.signs),
    margins: batch.margins && only(batch.margins),
  };
}

function matrix(rows: readonly (readonly number[])[]): tf.Tensor2D {
  return tf.tensor2d(Float32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0]);
}
