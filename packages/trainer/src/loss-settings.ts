import type { GlobalLoss, TrainingConfig } from "@uniarm/core/schema";

export interface LossSettings {
  /** sharpness per objective */
  betas: readonly number[];
  /** whole-preference term and its weight lambda */
  global: { kind: Exclude<GlobalLoss, "none">; weight: number; beta: number } | null;
  /** layers are computed again on the way back: less memory, more time */
  recompute?: boolean;
}

/** The loss that the configuration describes; the global term is as sharp as the objectives are on average. */
export function lossSettingsOf({
  beta,
  globalLoss,
  globalWeight,
  objectives,
  recompute,
}: TrainingConfig): LossSettings {
  const betas = objectives.map(({ name }) => (typeof beta === "number" ? beta : beta[name]!));
  const mean = betas.reduce((sum, one) => sum + one, 0) / betas.length;
  const global = globalLoss === "none" ? null : { kind: globalLoss, weight: globalWeight, beta: mean };
  return { betas, global, recompute };
}
