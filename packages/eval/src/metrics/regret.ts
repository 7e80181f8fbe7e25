import { UniArmError } from "@uniarm/core/schema";
import type { Point } from "../points.ts";
import type { RewardTable } from "../reward-table.ts";
import { innerProduct, meanInnerProduct } from "./mean-inner-product.ts";

/**
 * Regret against the pool, [P] for each table: mean over preferences of max over tables of a . y - a . y(own), y the prompt's
 * rewards (mean over its samples), in raw units; 0 and above, smaller is better. The mean over prompts is the table's regret. It
 * depends on the pool: with a method more it can only rise.
 */
export function poolRegrets(tables: readonly RewardTable[]): Float64Array[] {
  const [first] = tables;
  if (!first) return [];
  const prompts = first.promptIds.length;
  const regrets = tables.map(() => new Float64Array(prompts));
  for (const [w, preference] of first.preferences.entries())
    for (let prompt = 0; prompt < prompts; prompt++) {
      const values = tables.map(({ rewards, objectiveCount }) => {
        const start = (w * prompts + prompt) * objectiveCount;
        return preference.reduce((sum, entry, k) => sum + entry * rewards[start + k]!, 0);
      });
      const best = Math.max(...values);
      for (const [index, value] of values.entries())
        regrets[index]![prompt]! += (best - value) / first.preferences.length;
    }
  return regrets;
}

/**
 * Regret against the exact optimum: mean over preferences of a . y*(a) - a . y(a), raw units; 0 and above, smaller is better.
 * @throws UniArmError optimum-exceeded when the rewards are better than what is given as the best, and as `meanInnerProduct` does
 */
export function optimumRegret(
  preferences: readonly Point[],
  rewards: readonly Point[],
  optimum: readonly Point[],
): number {
  const best = meanInnerProduct(preferences, optimum);
  const regret = best - meanInnerProduct(preferences, rewards);
  for (const [row, preference] of preferences.entries()) {
    const [most, own] = [innerProduct(preference, optimum[row]!), innerProduct(preference, rewards[row]!)];
    if (own <= most + 1e-9 * Math.max(1, Math.abs(most))) continue;
    throw new UniArmError(
      "optimum-exceeded",
      `At preference [${preference.join(", ")}] the mean rewards are worth ${own}, more than the optimum's ${most}; nothing can be. ` +
        "Give the optimum of these prompts and objectives, in the order of the preferences.",
    );
  }
  return Math.max(0, regret); // rounding may go below 0
}
