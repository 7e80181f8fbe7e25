import {
  bindAdapter,
  pairLoss,
  sequenceLogProbs,
  tf,
  type Adapter,
  type TokenBatch,
  type Transformer,
} from "@uniarm/core";
import type { GlobalLoss } from "@uniarm/core/schema";

/** What a gradient is taken of: B pairs as 2B rows [all first responses, all second], with everything the loss weighs. */
export interface MicroBatch {
  tokens: TokenBatch;
  /** [B][K]: weights of the objectives in the loss */
  preference: readonly (readonly number[])[];
  /** [B][K]: what the adapter is shown */
  shown: readonly (readonly number[])[];
  /** [B][K]: +1, -1, or 0 for no gradient */
  signs: readonly (readonly number[])[];
  /** [B][K]: score differences, for the global loss G2 */
  margins: readonly (readonly number[])[] | null;
}

export interface LossSettings {
  /** sharpness per objective */
  betas: readonly number[];
  /** whole-preference term and its weight lambda */
  global: { kind: Exclude<GlobalLoss, "none">; weight: number; beta: number } | null;
  /** layers are computed again on the way back: less memory, more time */
  recompute?: boolean;
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
  const sequence = pairLogProbs(model, adapter, batch.tokens, batch.shown, settings.recompute);
  const pairs = batch.preference.length;
  const { loss, objectiveLosses, globalLoss } = pairLoss({
    difference: tf.sub(tf.slice(sequence, [0], [pairs]), tf.slice(sequence, [pairs], [pairs])), // [B]
    preference: matrix(batch.preference),
    signs: matrix(batch.signs),
    betas: [...settings.betas],
    ...(batch.margins ? { margins: matrix(batch.margins) } : {}),
    ...(settings.global ? { global: settings.global } : {}),
  });
  return { loss, objectiveLosses, globalLoss, sequenceLogProbs: sequence };
}

/** L(y) of the 2B rows of B pairs under the adapter, each pair shown its preference [B][K] -> [2B]. */
export function pairLogProbs(
  model: Transformer,
  adapter: Adapter,
  tokens: TokenBatch,
  shown: MicroBatch["shown"],
  recompute = false,
): tf.Tensor1D {
  return tf.tidy(() => {
    const rows = bindAdapter(adapter, matrix([...shown, ...shown])); // [2B,K]
    const adapters = [{ adapter: rows, start: 0, count: 2 * shown.length }];
    return sequenceLogProbs(model, tokens, { adapters, recompute });
  });
}

/** The same pairs as a reward model of the one objective in `column` sees them. */
export function singleObjective(batch: MicroBatch, column: number): MicroBatch {
  const ones = batch.preference.map(() => [1]);
  const only = (rows: readonly (readonly number[])[]): number[][] => rows.map((row) => [row[column]!]);
  return {
    tokens: batch.tokens,
    preference: ones,
    shown: ones,
    signs: only(batch.signs),
    margins: batch.margins && only(batch.margins),
  };
}

function matrix(rows: readonly (readonly number[])[]): tf.Tensor2D {
  return tf.tensor2d(Float32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0]);
}
