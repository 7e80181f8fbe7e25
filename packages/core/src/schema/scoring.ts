import { z } from "zod";
import { ProgramConfig } from "./program.ts";
import { RewardModelConfig } from "./reward-model.ts";

interface Scorers {
  rewardModels?: readonly { objective: string }[] | undefined;
  programs?: readonly { objectives: readonly { name: string }[] }[] | undefined;
}

/** Names of the objectives that reward models and programs score. */
export const scoredNames = ({ rewardModels = [], programs = [] }: Scorers): string[] => [
  ...rewardModels.map(({ objective }) => objective),
  ...programs.flatMap(({ objectives }) => objectives.map(({ name }) => name)),
];

/** Whether reward models and programs score something, and each objective once. */
export const scoresEachOnce = (scorers: Scorers): boolean => {
  const names = scoredNames(scorers);
  return names.length > 0 && new Set(names).size === names.length;
};
export const SCORES_EACH_ONCE =
  "rewardModels and programs must score at least one objective, and none may be scored twice";

/** What scores, of one's own. */
export const ScorersConfig = z.strictObject({
  rewardModels: z.array(RewardModelConfig).min(1).optional().describe("one for each objective that a model scores"),
  programs: z.array(ProgramConfig).min(1).optional().describe("programs or modules of your own that score"),
});

/** Everything `score` needs. */
export const ScoringConfig = ScorersConfig.extend({
  generations: z.string().min(1).describe("JSONL of Generation, as decode writes it"),
  output: z.string().min(1).describe("JSONL file of Score to write"),
  cache: z
    .string()
    .min(1)
    .optional()
    .describe("file of scores by model and text, shared by runs; default: scores.cache.jsonl beside the output"),
}).refine(scoresEachOnce, SCORES_EACH_ONCE);
export type ScoringConfig = z.infer<typeof ScoringConfig>;
