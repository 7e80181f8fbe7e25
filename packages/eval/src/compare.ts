import type { Estimate, EvaluationConfig, Score } from "@uniarm/core/schema";
import { estimatesOf, promptResamples } from "./statistics/bootstrap.ts";
import { combineFigures, figuresOf, type Figures } from "./figures.ts";
import { assertComparable, checkProtocol, type NamedReport } from "./protocol.ts";
import { rewardTable } from "./reward-table.ts";
import { assertPaired } from "./statistics/assert-paired.ts";

/** One line of a comparison. */
export interface FrontSummary {
  name: string;
  hypervolume: Estimate;
  meanInnerProduct: Estimate;
  /** Points that no other point of the same front dominates. */
  undominated: number;
  points: number;
}

/**
 * Fronts side by side, in the order given.
 * @throws UniArmError fronts-not-comparable when their protocols differ
 */
export function compareFronts(reports: readonly NamedReport[]): FrontSummary[] {
  assertComparable(reports);
  return reports.map(({ name, report: { front } }) => ({
    name,
    hypervolume: front.hypervolume,
    meanInnerProduct: front.meanInnerProduct,
    undominated: front.points.filter(({ dominated }) => !dominated).length,
    points: front.points.length,
  }));
}

export interface PairedDifference extends Figures<Estimate> {
  /** [W,K], the preference vector of each row of `mean`. */
  preferences: number[][];
}

/**
 * How much larger the figures of `first` are than those of `second`, over the same prompts and preferences. Each resample draws
 * the same prompts for both, so that what is hard for both cancels out and intervals are narrower than those of two separate
 * evaluations. The intervals cover the choice of prompts, not of training seeds.
 * @throws UniArmError fronts-not-comparable, evaluation-protocol, and as `rewardTable` says
 */
export function pairedDifference(
  first: readonly Score[],
  second: readonly Score[],
  config: EvaluationConfig,
): PairedDifference {
  checkProtocol(config);
  const objectives = config.objectives.map(({ name }) => name);
  const [one, other] = [rewardTable(first, objectives), rewardTable(second, objectives)] as const;
  assertPaired([one, other]);
  const difference = (weights?: Float64Array): Figures =>
    combineFigures(figuresOf(one, config, weights), figuresOf(other, config, weights), (left, right) => left - right);
  const samples = Array.from(promptResamples(one.strata, config), difference);
  return {
    preferences: one.preferences.map((preference) => [...preference]),
    ...estimatesOf(difference(), samples, config.confidence),
  };
}
