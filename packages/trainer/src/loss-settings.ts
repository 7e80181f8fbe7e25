import type { DivergenceSettings } from "@uniarm/core";
import {
  DEFAULT_DIVERGENCE_ALPHA,
  DEFAULT_REWARD_TEMPERATURE,
  DEFAULT_TRAINING_STRENGTH,
  isScorer,
  lossOf,
  type GlobalLoss,
  type Loss,
  type TrainingConfig,
} from "@uniarm/core/schema";

export interface LossSettings {
  loss: Loss;
  /** whether a score for each objective is trained: the loss sees those, and no log-probabilities; default: no */
  scores?: boolean;
  /** strength at which base model and ARM are trained together; null: the loss sees what is trained alone */
  trainingStrength: number | null;
  /** tau of margins and imitation, in units of the rewards */
  rewardTemperature: number;
  /** sharpness per objective */
  betas: readonly number[];
  /** whole-preference term and its weight lambda */
  global: { kind: Exclude<GlobalLoss, "none">; weight: number; beta: number } | null;
  /** what a log-ratio to the base model counts as; default: itself, as reverse KL has it */
  divergence?: DivergenceSettings;
  /** per objective, beside the preference; default 1 */
  objectiveWeights?: readonly number[];
  /** layers are computed again on the way back: less memory, more time */
  recompute?: boolean;
}

/** The loss that the configuration describes; the global term is as sharp as the objectives are on average. */
export function lossSettingsOf(config: TrainingConfig): LossSettings {
  const { beta, globalLoss, globalWeight, objectives, recompute, divergence, objectiveWeights: weights } = config;
  const { rewardTemperature = DEFAULT_REWARD_TEMPERATURE, trainingStrength = DEFAULT_TRAINING_STRENGTH } = config;
  const { divergenceAlpha: alpha = DEFAULT_DIVERGENCE_ALPHA } = config;
  const { loss, policy } = lossOf(config);
  const sharpness = isScorer(config.method) ? 1 : beta; // scores have the scale that the loss gives them
  const betas = objectives.map(({ name }) => (typeof sharpness === "number" ? sharpness : sharpness[name]!));
  const mean = betas.reduce((sum, one) => sum + one, 0) / betas.length;
  const global = globalLoss === "none" ? null : { kind: globalLoss, weight: globalWeight, beta: mean };
  const strength = policy === "guided" ? trainingStrength : null;
  return {
    loss,
    ...(isScorer(config.method) ? { scores: true } : {}),
    trainingStrength: strength,
    rewardTemperature,
    betas,
    global,
    recompute,
    ...(divergence ? { divergence: { kind: divergence, alpha } } : {}),
    ...(weights ? { objectiveWeights: objectives.map(({ name }) => weights[name] ?? 1) } : {}),
  };
}
