import { DEFAULT_REPLAY_SHARE, type TrainingSettings } from "./training-settings.ts";

/** How many of a step's pairs are replayed; a number that is not whole is refused by `trainingIssues`. */
export function replayedPairs({
  replayPairs,
  replayShare = DEFAULT_REPLAY_SHARE,
  batchPairs,
}: Pick<TrainingSettings, "replayPairs" | "replayShare" | "batchPairs">): number {
  if (replayPairs === undefined) return 0;
  const count = replayShare * batchPairs;
  const whole = Math.round(count);
  return Math.abs(count - whole) < 1e-9 ? whole : count; // 0.3 * 10 is not 3
}
