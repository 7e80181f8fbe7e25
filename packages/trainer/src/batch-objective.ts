import {
  baseStates,
  bindAdapter,
  guidedSequenceLogProbs,
  imitationLoss,
  logRatioReward,
  marginLoss,
  pairLoss,
  residualDifference,
  responseStates,
  scoreLoss,
  sequenceLogProbs,
  tf,
  withDropout,
  type Adapter,
  type Random,
  type TokenBatch,
  type Transformer,
} from "@uniarm/core";
import type { LossSettings } from "./loss-settings.ts";
import { scoreDifference, type ScoredRows } from "./score-difference.ts";

/** Rows of a micro-batch and what their loss depends on, as one ARM sees them. */
interface Rows {
  tokens: TokenBatch;
  /** [B][K]: weights of the objectives in the loss */
  lossPreferences: readonly (readonly number[])[];
  /** [B][K]: what the adapter is given */
  shownPreferences: readonly (readonly number[])[];
  /** share of the adapter's inputs that is left out, and what it is drawn from; default: none */
  dropout?: { share: number; random: Random };
}

/** B pairs: all first responses, all second ones. */
export interface PairBatch extends Rows {
  kind: "pairs";
  /** [B][K]: +1, -1, or 0 for no gradient */
  signs: readonly (readonly number[])[];
  /** [B][K]: score differences, for the losses that weigh them */
  margins: readonly (readonly number[])[] | null;
  /** L(y) of the rows under the base model [2B], known beforehand: the loss sees log-ratios to it; default: none */
  reference?: readonly number[];
  /** scorers: the column of each row that is read [2B] */
  readAt?: readonly number[];
  /** MODPO: what the objectives that are not trained on want [B], and the share of the one that is; default: nothing */
  others?: { differences: readonly number[]; share: number };
}

/** B responses to imitate. */
export interface ImitationBatch extends Rows {
  kind: "imitation";
}

/** What a gradient is taken of. */
export type MicroBatch = PairBatch | ImitationBatch;

/** What the base model makes of a batch, where the loss sees more than the ARM; whoever made it disposes of it. */
export interface BasePart {
  /** of the M response tokens [M,d]; null where the model is tuned itself */
  states: tf.Tensor2D | null;
  /** L(y) of each row under the base model, nats; null where nothing is compared with it */
  sequenceLogProbs: tf.Tensor1D | null;
}

export interface BatchObjective {
  loss: tf.Scalar;
  /** [K]: means over the batch */
  objectiveLosses: tf.Tensor1D;
  globalLoss: tf.Scalar | null;
  /** L(y) of each response under the trained policy [2B] or [B]; null for scorers */
  sequenceLogProbs: tf.Tensor1D | null;
  /** D of each pair [B], of scorers one for each objective [B,K]; null where responses are imitated */
  difference: tf.Tensor | null;
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
  if (batch.kind === "pairs" && batch.readAt)
    return scoreObjective(model, adapter, { ...batch, readAt: batch.readAt }, settings);
  const sequence = rowLogProbs(model, adapter, batch, settings, base);
  const preference = matrix(batch.lossPreferences);
  if (batch.kind === "imitation")
    return {
      ...imitationLoss({ sequenceLogProbs: sequence, preference }),
      globalLoss: null,
      sequenceLogProbs: sequence,
      difference: null,
    };
  const ratio = pairDifference(sequence, base, settings);
  const difference = batch.others ? residual(ratio, batch.others, settings.betas[0]!) : ratio;
  if (settings.loss === "margins") {
    const { betas, rewardTemperature } = settings;
    const margins = matrix(batch.margins ?? []);
    const losses = marginLoss({ difference, preference, margins, beta: betas[0]!, rewardTemperature });
    return { ...losses, globalLoss: null, sequenceLogProbs: sequence, difference };
  }
  const losses = pairLoss({
    difference,
    preference,
    signs: matrix(batch.signs),
    betas: [...settings.betas],
    ...(batch.margins ? { margins: matrix(batch.margins) } : {}),
    ...(settings.objectiveWeights ? { objectiveWeights: settings.objectiveWeights } : {}),
    ...(settings.global ? { global: settings.global } : {}),
  });
  return { ...losses, sequenceLogProbs: sequence, difference };
}

/** The loss of pairs that are scored; it sees no preference. */
function scoreObjective(
  model: Transformer,
  adapter: Adapter,
  batch: ScoredRows & Pick<PairBatch, "signs">,
  settings: LossSettings,
): BatchObjective {
  const difference = scoreDifference(model, adapter, batch, settings);
  const losses = scoreLoss({
    difference,
    signs: matrix(batch.signs),
    ...(settings.objectiveWeights ? { objectiveWeights: settings.objectiveWeights } : {}),
  });
  return { ...losses, globalLoss: null, sequenceLogProbs: null, difference };
}

/** L(y) of the rows of a batch under the policy that is trained, the adapter given its preferences -> [2B] or [B]. */
export function rowLogProbs(
  model: Transformer,
  adapter: Adapter,
  {
    kind,
    tokens,
    shownPreferences: shown,
    dropout,
  }: Pick<MicroBatch, "kind" | "tokens" | "shownPreferences" | "dropout">,
  { trainingStrength: strength, recompute = false }: Pick<LossSettings, "trainingStrength" | "recompute">,
  base: BasePart | null,
): tf.Tensor1D {
  return tf.tidy(() => {
    const isTwice = kind === "pairs" && !tokens.secondStart; // a pair is two rows
    const bound = bindAdapter(adapter, matrix(isTwice ? [...shown, ...shown] : shown)); // [rows,K]
    const rows = dropout ? withDropout(bound, dropout.share, dropout.random) : bound;
    const adapters = [{ adapter: rows, start: 0, count: tokens.ids.length }];
    if (!base?.states || strength === null) return sequenceLogProbs(model, tokens, { adapters, recompute });
    const arm = { states: responseStates(model, tokens, { adapters, recompute }), weight: strength };
    return guidedSequenceLogProbs(model, tokens, [{ states: base.states, weight: 1 }, arm]);
  });
}

/** D of B pairs from the L(y) of their 2B rows; with a base, of what the log-ratios to it count as [B]. */
export function pairDifference(
  sequence: tf.Tensor1D,
  base: BasePart | null,
  { divergence }: Pick<LossSettings, "divergence">,
): tf.Tensor1D {
  return tf.tidy(() => {
    const before = base?.sequenceLogProbs;
    const ratios = before ? tf.sub<tf.Tensor1D>(sequence, before) : sequence;
    const rows = before && divergence ? logRatioReward(ratios, divergence) : ratios;
    const pairs = rows.shape[0] / 2;
    return tf.sub(tf.slice(rows, [0], [pairs]), tf.slice(rows, [pairs], [pairs]));
  });
}

const residual = (
  difference: tf.Tensor1D,
  { differences, share }: NonNullable<PairBatch["others"]>,
  beta: number,
): tf.Tensor1D => residualDifference(difference, { differences: vector(differences), share, beta });

const vector = (values: readonly number[]): tf.Tensor1D => tf.tensor1d(Float32Array.from(values));

function matrix(rows: readonly (readonly number[])[]): tf.Tensor2D {
  return tf.tensor2d(Float32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0]);
}

/**
 * The base model's part of a batch; null where the loss sees what is trained alone. Made outside the gradient: a constant
 * there. `disposeBasePart` frees it.
 */
export function basePart(
  model: Transformer,
  { kind, tokens, reference }: Pick<PairBatch, "tokens" | "reference"> & { kind: MicroBatch["kind"] },
  { trainingStrength }: Pick<LossSettings, "trainingStrength">,
): BasePart | null {
  if (reference) return { states: null, sequenceLogProbs: vector(reference) };
  if (trainingStrength === null) return null;
  const states = baseStates(model, tokens);
  const isCompared = kind === "pairs";
  return {
    states,
    sequenceLogProbs: isCompared ? guidedSequenceLogProbs(model, tokens, [{ states, weight: 1 }]) : null,
  };
}

export function disposeBasePart(base: BasePart | null): void {
  base?.states?.dispose();
  base?.sequenceLogProbs?.dispose();
}
