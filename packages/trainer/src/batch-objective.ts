import {
  baseStates,
  bindAdapter,
  guidedSequenceLogProbs,
  imitationLoss,
  marginLoss,
  pairLoss,
  responseStates,
  sequenceLogProbs,
  tf,
  type Adapter,
  type TokenBatch,
  type Transformer,
} from "@uniarm/core";
import type { LossSettings } from "./loss-settings.ts";

/** Rows of a micro-batch and what their loss depends on, as one ARM sees them. */
interface Rows {
  tokens: TokenBatch;
  /** [B][K]: weights of the objectives in the loss */
  lossPreferences: readonly (readonly number[])[];
  /** [B][K]: what the adapter is given */
  shownPreferences: readonly (readonly number[])[];
}

/** B pairs as 2B rows: all first responses, all second ones. */
export interface PairBatch extends Rows {
  kind: "pairs";
  /** [B][K]: +1, -1, or 0 for no gradient */
  signs: readonly (readonly number[])[];
  /** [B][K]: score differences, for the losses that weigh them */
  margins: readonly (readonly number[])[] | null;
}

/** B responses to imitate. */
export interface ImitationBatch extends Rows {
  kind: "imitation";
}

/** What a gradient is taken of. */
export type MicroBatch = PairBatch | ImitationBatch;

/** What the base model makes of a batch, where the guided policy is trained; whoever made it disposes of it. */
export interface BasePart {
  /** of the M response tokens [M,d] */
  states: tf.Tensor2D;
  /** L(y) of each row under the base model, nats; null where nothing is compared with it */
  sequenceLogProbs: tf.Tensor1D | null;
}

export interface BatchObjective {
  loss: tf.Scalar;
  /** [K]: means over the batch */
  objectiveLosses: tf.Tensor1D;
  globalLoss: tf.Scalar | null;
  /** L(y) of each row under the trained policy [2B] or [B] */
  sequenceLogProbs: tf.Tensor1D;
}

/**
 * The training loss of one micro-batch; differentiable in the adapter's tensors. The caller owns what it returns.
 * @param base what the base model makes of the batch; null where the loss sees the ARM alone
 */
export function batchObjective(
  model: Transformer,
  adapter: Adapter,
  batch: MicroBatch,
  settings: LossSettings,
  base: BasePart | null,
): BatchObjective {
  const sequence = rowLogProbs(model, adapter, batch, settings, base);
  const preference = matrix(batch.lossPreferences);
  if (batch.kind === "imitation")
    return {
      ...imitationLoss({ sequenceLogProbs: sequence, preference }),
      globalLoss: null,
      sequenceLogProbs: sequence,
    };
  const difference = pairDifference(sequence, base);
  if (settings.loss === "margins") {
    const { betas, rewardTemperature } = settings;
    const margins = matrix(batch.margins ?? []);
    const losses = marginLoss({ difference, preference, margins, beta: betas[0]!, rewardTemperature });
    return { ...losses, globalLoss: null, sequenceLogProbs: sequence };
  }
  const losses = pairLoss({
    difference,
    preference,
    signs: matrix(batch.signs),
    betas: [...settings.betas],
    ...(batch.margins ? { margins: matrix(batch.margins) } : {}),
    ...(settings.global ? { global: settings.global } : {}),
  });
  return { ...losses, sequenceLogProbs: sequence };
}

/** L(y) of the rows of a batch under the policy that is trained, the adapter given its preferences -> [2B] or [B]. */
export function rowLogProbs(
  model: Transformer,
  adapter: Adapter,
  { kind, tokens, shownPreferences: shown }: Pick<MicroBatch, "kind" | "tokens" | "shownPreferences">,
  { trainingStrength: strength, recompute = false }: Pick<LossSettings, "trainingStrength" | "recompute">,
  base: BasePart | null,
): tf.Tensor1D {
  return tf.tidy(() => {
    const rows = bindAdapter(adapter, matrix(kind === "pairs" ? [...shown, ...shown] : shown)); // [rows,K]
    const adapters = [{ adapter: rows, start: 0, count: tokens.ids.length }];
    if (!base || strength === null) return sequenceLogProbs(model, tokens, { adapters, recompute });
    const arm = { states: responseStates(model, tokens, { adapters, recompute }), weight: strength };
    return guidedSequenceLogProbs(model, tokens, [{ states: base.states, weight: 1 }, arm]);
  });
}

/** D of B pairs from the L(y) of their 2B rows; with a base, of the log-ratios to it [B]. */
export function pairDifference(sequence: tf.Tensor1D, base: BasePart | null): tf.Tensor1D {
  return tf.tidy(() => {
    const before = base?.sequenceLogProbs;
    const rows = before ? tf.sub<tf.Tensor1D>(sequence, before) : sequence;
    const pairs = rows.shape[0] / 2;
    return tf.sub(tf.slice(rows, [0], [pairs]), tf.slice(rows, [pairs], [pairs]));
  });
}

function matrix(rows: readonly (readonly number[])[]): tf.Tensor2D {
  return tf.tensor2d(Float32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0]);
}

/**
 * The base model's part of a batch; null where the loss sees the ARM alone. Made outside the gradient: a constant there.
 * `disposeBasePart` frees it.
 */
export function basePart(
  model: Transformer,
  { kind, tokens }: Pick<MicroBatch, "kind" | "tokens">,
  { trainingStrength }: Pick<LossSettings, "trainingStrength">,
): BasePart | null {
  if (trainingStrength === null) return null;
  const states = baseStates(model, tokens);
  const isCompared = kind === "pairs";
  return {
    states,
    sequenceLogProbs: isCompared ? guidedSequenceLogProbs(model, tokens, [{ states, weight: 1 }]) : null,
  };
}

export function disposeBasePart(base: BasePart | null): void {
  base?.states.dispose();
  base?.sequenceLogProbs?.dispose();
}
