import { UniArmError, type BasePoint, type EvaluationConfig, type Generation, type Score } from "@uniarm/core/schema";
import { constantFront } from "./constant-front.ts";
import { figuresOf } from "./figures.ts";
import { fluencyOf } from "./metrics/fluency.ts";
import { matchGenerations } from "./match-generations.ts";
import { normalise } from "./normalise.ts";
import { rewardTable, type RewardTable } from "./reward-table.ts";
import { estimatesOf, promptResamples } from "./statistics/bootstrap.ts";

/** Scores of the unguided base model on the prompts of a front, and the answers behind them where they are known. */
export interface BaseAnswers {
  scores: readonly Score[];
  generations?: readonly Generation[] | undefined;
}

/**
 * The base model's own point beside a front, with intervals over the same prompts.
 * @throws UniArmError base-prompts-differ, scores-guided, generations-of-other-scores, and as `rewardTable` says
 */
export function basePoint(
  { scores, generations }: BaseAnswers,
  config: EvaluationConfig,
  { preferences, promptIds }: RewardTable,
): BasePoint {
  const objectives = config.objectives.map(({ name }) => name);
  const table = rewardTable(constantFront(scores, preferences.slice(0, 1)), objectives);
  if (table.promptIds.join("\n") !== promptIds.join("\n"))
    throw new UniArmError(
      "base-prompts-differ",
      `The base model's scores are of ${table.promptIds.length} prompts and the front's of ${promptIds.length}, and they are not the same. Decode and score the base model on the prompts of the front.`,
    );
  const samples = Array.from(promptResamples(table.strata, config), (weights) => figuresOf(table, config, weights));
  const { mean } = estimatesOf(figuresOf(table, config), samples, config.confidence);
  return {
    promptCount: promptIds.length,
    mean: mean[0]!,
    normalised: normalise(
      mean[0]!.map(({ value }) => value),
      config.normaliser,
    ),
    ...(generations ? { fluency: fluencyOf(matchGenerations(generations, scores)) } : {}),
  };
}
