export { evaluate, type EvaluateOptions } from "./evaluate.ts";
export { score } from "./score.ts";
export { readGenerations, readScores } from "./read.ts";
export { constantFront } from "./constant-front.ts";

export { dominates, nonDominated, paretoFront } from "./dominance.ts";
export { hypervolume } from "./hypervolume.ts";
export { meanInnerProduct } from "./mean-inner-product.ts";
export { normalise, percentileNormaliser } from "./normalise.ts";
export type { Point } from "./points.ts";
export { spacing, sparsity, type SpacingOptions } from "./spread.ts";
export { spearman } from "./spearman.ts";

export { promptBootstrap } from "./bootstrap.ts";
export type { Figures } from "./figures.ts";
export { rewardTable, type RewardTable } from "./reward-table.ts";

export { compareFronts, pairedDifference, type FrontSummary, type PairedDifference } from "./compare.ts";
export { pairedSeeds, seedMean, type PairedSeeds } from "./seeds.ts";
export { assertComparable, protocolHash, type NamedReport } from "./protocol.ts";

export { formatComparison, formatEstimate, formatReport } from "./format-report.ts";
export { formatTable, type TableFormat } from "./format-table.ts";
export { parallelSvg } from "./parallel-svg.ts";
export type { ParetoPlot } from "./pareto-plot.ts";
export { paretoSvg } from "./pareto-svg.ts";
export type { PlotFront } from "./plot-series.ts";

export { openScoreCache, type ScoreCache } from "./reward-models/cache.ts";
export { REWARD_MODEL_KINDS, type Pooling, type RewardModelKind } from "./reward-models/kinds.ts";
export { openRewardModel, type RewardModel } from "./reward-models/open.ts";
export { openRewardModels, type RewardModelScorer, type RewardModelScorerOptions } from "./reward-models/scorer.ts";
