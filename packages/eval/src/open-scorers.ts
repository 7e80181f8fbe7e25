import type { ProgramConfig, RewardModelConfig, Scorer } from "@uniarm/core/schema";
import type { OpenScorer } from "./open-scorer.ts";
import { openPrograms, type ProgramsOptions } from "./programs/open-programs.ts";
import { openRewardModels } from "./reward-models/scorer.ts";

interface Scorers {
  rewardModels?: readonly RewardModelConfig[] | undefined;
  programs?: readonly ProgramConfig[] | undefined;
}

/**
 * Reward models and programs as one scorer, with one cache.
 * @throws UniArmError as `openRewardModels` does
 */
export async function openScorers(
  { rewardModels = [], programs = [] }: Scorers,
  { cache, signal }: Pick<ProgramsOptions, "cache" | "signal"> = {},
): Promise<OpenScorer> {
  const parts: OpenScorer[] = [];
  // one after another: opening a cache mends the file
  if (rewardModels.length > 0) parts.push(await openRewardModels(rewardModels, { cache }));
  if (programs.length > 0) parts.push(await openPrograms(programs, { cache, signal }));
  return parts.length === 1 ? parts[0]! : together(parts);
}

function together(parts: readonly OpenScorer[]): OpenScorer {
  const sum = (name: keyof OpenScorer["counts"]): number =>
    parts.reduce((total, { counts }) => total + counts[name], 0);
  const score: Scorer = async (requests) => {
    const rewards = requests.map((): Record<string, number> => ({}));
    for (const part of parts) (await part.score(requests)).forEach((row, index) => Object.assign(rewards[index]!, row));
    return rewards;
  };
  return {
    score,
    objectives: parts.flatMap(({ objectives }) => objectives),
    get counts() {
      return { scored: sum("scored"), cached: sum("cached"), truncated: sum("truncated") };
    },
    dispose: async () => {
      for (const part of parts) await part.dispose();
    },
  };
}
