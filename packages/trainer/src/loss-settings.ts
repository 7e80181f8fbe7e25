import {
  DEFAULT_REWARD_TEMPERATURE,
  DEFAULT_TRAINING_STRENGTH,
  lossOf,
  type GlobalLoss,
  type Loss,
  type TrainingConfig,
} from "@uniarm/core/schema";

export interface LossSettings {
  loss: Loss;
  /** strength at which base model and ARM are trained together; null: the loss sees the ARM alone */
  trainingStrength: number | null;
  /** tau of margins and imitation, in units of the rewards */
  rewardTemperature: number;
  /** sharpness per objective */
  betas: readonly number[];
  /** whole-preference term and its weight lambda */
  global: { kind: Exclude<GlobalLoss, "none">; weight: number; beta: number } | null;
  /** layers are computed again on the way back: less memory, more time */
  recompute?: boolean;
}

/** The loss that the configuration describes; the global term is as sharp as the objectives are on average. */
export function lossSettingsOf(config: TrainingConfig): LossSettings {
  const { beta, globalLoss, globalWeight, objectives, recompute } = config;
  const { rewardTemperature = DEFAULT_REWARD_TEMPERATURE, trainingStrength = DEFAULT_TRAINING_STRENGTH } = config;
  const { loss, policy } = lossOf(config);
  const betas = objectives.map(({ name }) => (typeof beta === "number" ? beta : beta[name]!));
  const mean = betas.reduce((sum, one) => sum + one, 0) / betas.length;
  const global = globalLoss === "none" ? null : { kind: globalLoss, weight: globalWeight, beta: mean };
  const strength = policy === "guided" ? trainingStrength : null;
  return { loss, trainingStrength: strength, rewardTemperature, betas, global, recompute };
}
