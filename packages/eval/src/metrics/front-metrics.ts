import { createRandom } from "@uniarm/core";
import type { EvaluationConfig, FrontMetrics } from "@uniarm/core/schema";
import type { Point } from "../points.ts";
import type { RewardTable } from "../reward-table.ts";
import { hypervolumeContributions } from "./hypervolume-contributions.ts";
import { meanMeasure, measure } from "./measure.ts";
import { preferenceCosine } from "./preference-cosine.ts";
import { preferenceEffect } from "./preference-effect.ts";
import { spacing, sparsity } from "./spread.ts";
import { steering } from "./steering.ts";

const TOO_FEW = "The front has fewer than two points.";

/** What a front's scores say beyond its volume; `normalised` [W,K] are its mean rewards. */
export function frontMetrics(table: RewardTable, config: EvaluationConfig, normalised: readonly Point[]): FrontMetrics {
  const { objectives, normaliser, referencePoint, permutations, seed } = config;
  const names = objectives.map(({ name }) => name);
  const cosines = table.preferences.map((preference, w) => preferenceCosine(preference, normalised[w]!));
  const random = createRandom(seed).fork("preference-effect");
  return {
    hypervolumeContributions: hypervolumeContributions(normalised, referencePoint),
    sparsity: measure(sparsity(normalised), TOO_FEW),
    spacing: measure(spacing(normalised), TOO_FEW),
    preferenceCosines: cosines,
    preferenceCosine: meanMeasure(cosines),
    steering: steering(names, table.preferences, normalised),
    preferenceEffect: preferenceEffect(table, normaliser, { permutations, random }),
  };
}
