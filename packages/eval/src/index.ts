export { evaluate, type EvaluateOptions } from "./evaluate.ts";
export type { OpenScorer } from "./open-scorer.ts";
export { openScorers } from "./open-scorers.ts";
export { score } from "./score.ts";
export { readGenerations, readScores } from "./read.ts";
export { constantFront } from "./constant-front.ts";

export { dominates, nonDominated, paretoFront } from "./dominance.ts";
export { hypervolume } from "./metrics/hypervolume.ts";
export { meanInnerProduct } from "./metrics/mean-inner-product.ts";
export { normalise, percentileNormaliser } from "./normalise.ts";
export type { Point } from "./points.ts";
export { basePerplexity } from "./metrics/base-perplexity.ts";
export { coverage } from "./metrics/coverage.ts";
export { fluencyOf } from "./metrics/fluency.ts";
export { hypervolumeContributions } from "./metrics/hypervolume-contributions.ts";
export { klFromBase, type SteeredAnswer } from "./metrics/kl-from-base.ts";
export { meanMeasure } from "./metrics/measure.ts";
export { preferenceCosine } from "./metrics/preference-cosine.ts";
export { preferenceEffect } from "./metrics/preference-effect.ts";
export { optimumRegret, poolRegrets } from "./metrics/regret.ts";
export { spacing, sparsity, type SpacingOptions } from "./metrics/spread.ts";
export { spearman } from "./metrics/spearman.ts";
export { steering } from "./metrics/steering.ts";
export { textHealth, type TextHealth } from "./metrics/text-health.ts";

export { promptBootstrap } from "./statistics/bootstrap.ts";
export { figuresOf, type Figures } from "./figures.ts";
export { rewardTable, type RewardTable } from "./reward-table.ts";

export { chooseStrength, type FrontAtStrength } from "./choose-strength.ts";
export { compareFronts, pairedDifference, type FrontSummary, type PairedDifference } from "./compare.ts";
export {
  compareMethods,
  comparing,
  type ComparedPairs,
  type CompareMethodsOptions,
  type MethodScores,
} from "./statistics/compare-methods.ts";
export { crossedSpread, spreadInterval, spreadTest, type Spread } from "./statistics/crossed.ts";
export { enoughPermutations } from "./statistics/enough-permutations.ts";
export { holm } from "./statistics/holm.ts";
export { methodPermutation } from "./statistics/method-permutation.ts";
export { neededPrompts, neededSeeds, power, type PowerQuestion } from "./statistics/power.ts";
export { pairedSeeds, seedMean, type PairedSeeds } from "./statistics/seeds.ts";
export { assertComparable, protocolDifferences, protocolHash, type NamedReport } from "./protocol.ts";

export { formatComparison, formatEstimate, formatReport } from "./format-report.ts";
export { FLUENCY_HEADING, fluencyCells, formatFluency } from "./format-fluency.ts";
export { formatKl } from "./format-kl.ts";
export { formatMethods } from "./format-methods.ts";
export { methodTables, type ReportTable } from "./method-tables.ts";
export { formatMetrics } from "./format-metrics.ts";
export { formatTable, type TableFormat } from "./format-table.ts";
export { parallelSvg } from "./parallel-svg.ts";
export type { ParetoPlot } from "./pareto-plot.ts";
export { paretoSvg } from "./pareto-svg.ts";
export type { PlotFront } from "./plot-series.ts";

export { openScoreCache, type ScoreCache } from "./reward-models/cache.ts";
export { REWARD_MODEL_KINDS, type Pooling, type RewardModelKind } from "./reward-models/kinds.ts";
export { openRewardModel, type RewardModel } from "./reward-models/open.ts";
export { openRewardModels, type RewardModelScorerOptions } from "./reward-models/scorer.ts";

export { openAnswerCache, type AnswerCache } from "./judge/answer-cache.ts";
export { endpointJudge } from "./judge/endpoint-judge.ts";
export { formatJudgeReport } from "./judge/format-judge-report.ts";
export type { AskOptions, Judge, JudgeAnswer, Rejection } from "./judge/judge.ts";
export { judgePairs, type Judged, type JudgePairsOptions } from "./judge/judge-pairs.ts";
export { matchAnswers, type AnswerPair } from "./judge/match.ts";
export { judgeReport } from "./judge/report.ts";
export { keyIn } from "./judge/secret.ts";
export { questionOf } from "./judge/question.ts";
export { scorerPreferences, type ScorerPreferences } from "./judge/scorer-preferences.ts";
