import { UniArmError } from "../schema/error.ts";
import type { PreferencePair } from "../schema/pair.ts";
import type { TrainingConfig } from "../schema/training.ts";

/** Whether an objective prefers neither response: it says so, or both have the same score. */
export function isTied(pair: PreferencePair, objective: string): boolean {
  const scores = pair.scores?.[objective];
  return pair.winners[objective] === "tie" || (scores !== undefined && scores[0] === scores[1]);
}

/**
 * s_i of each objective: +1 where response 0 wins, -1 where response 1 does. A tie is 0 (no gradient), or with "first" +1; an
 * objective without a winner is 0 where missing ones are masked.
 * @throws UniArmError pair-winner-missing
 */
export function signsOf(
  pair: PreferencePair,
  objectives: readonly { name: string }[],
  ties: TrainingConfig["ties"],
  missing: TrainingConfig["missingLabels"] = "refuse",
): number[] {
  return objectives.map(({ name }) => {
    const winner = pair.winners[name];
    if (winner === undefined) {
      if (missing === "mask") return 0;
      const known = Object.keys(pair.winners).join(", ");
      throw new UniArmError(
        "pair-winner-missing",
        `A pair has no winner for objective "${name}"; it has winners for [${known}]. Name one, or "tie".`,
      );
    }
    if (isTied(pair, name)) return ties === "first" ? 1 : 0;
    return winner === 0 ? 1 : -1;
  });
}
