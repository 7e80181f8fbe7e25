import { UniArmError, type Score } from "@uniarm/core/schema";
import { exactBest, HAZARD_LEVELS } from "@uniarm/tiny-world";

/**
 * Mean rewards of the best answers at each preference to the prompts of these scores, whose strata are their hazard levels.
 * @throws UniArmError comparison-optimum
 */
export function tinyWorldOptimum(scores: readonly Score[], preferences: readonly (readonly number[])[]): number[][] {
  const levels = [...new Map(scores.map(({ promptId, stratum }) => [promptId, stratum])).values()].map((stratum) => {
    const level = HAZARD_LEVELS.find((one) => stratum === `hazard-${one}`);
    if (level !== undefined) return level;
    throw new UniArmError(
      "comparison-optimum",
      `A prompt's stratum is ${stratum ?? "not given"}; tiny-world's are its hazard levels. Leave optimum out: these scores are not of tiny-world's prompts.`,
    );
  });
  return preferences.map((preference) => {
    const best = levels.map((level) => exactBest(level, preference).rewards);
    return preference.map((_, k) => best.reduce((sum, rewards) => sum + rewards[k]!, 0) / best.length);
  });
}
