import type { EvaluationConfig } from "@uniarm/core/schema";
import { hypervolume } from "./metrics/hypervolume.ts";
import { meanInnerProduct } from "./metrics/mean-inner-product.ts";
import { normalise } from "./normalise.ts";
import type { RewardTable } from "./reward-table.ts";

/** The figures of a front. W preferences, K objectives. */
export interface Figures<Value = number> {
  /** [W,K] mean reward per preference and objective, raw units. */
  mean: Value[][];
  /** Of the normalised means, above the reference point. */
  hypervolume: Value;
  /** Of the raw means. */
  meanInnerProduct: Value;
}

/** The figures of a table in which prompts count `weights` [P] times; without weights, once each. */
export function figuresOf(table: RewardTable, config: EvaluationConfig, weights?: Float64Array): Figures {
  const counts = weights ?? new Float64Array(table.promptIds.length).fill(1);
  return figuresOfMeans(table.preferences, weightedMeans(table, counts), config);
}

/** The figures of mean rewards [W,K]. */
export function figuresOfMeans(
  preferences: RewardTable["preferences"],
  mean: number[][],
  config: EvaluationConfig,
): Figures {
  const normalised = mean.map((row) => normalise(row, config.normaliser));
  return {
    mean,
    hypervolume: hypervolume(normalised, config.referencePoint),
    meanInnerProduct: meanInnerProduct(preferences, mean),
  };
}

/** `combine` applied to each figure of two fronts with the same preferences. */
export function combineFigures(one: Figures, other: Figures, combine: (one: number, other: number) => number): Figures {
  return {
    mean: one.mean.map((row, w) => row.map((value, k) => combine(value, other.mean[w]![k]!))),
    hypervolume: combine(one.hypervolume, other.hypervolume),
    meanInnerProduct: combine(one.meanInnerProduct, other.meanInnerProduct),
  };
}

function weightedMeans(
  { preferences, promptIds, objectiveCount, rewards }: RewardTable,
  weights: Float64Array,
): number[][] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let place = 0; // walks rewards [W,P,K]
  return preferences.map(() => {
    const sums = new Float64Array(objectiveCount);
    for (let prompt = 0; prompt < promptIds.length; prompt++) {
      for (let axis = 0; axis < objectiveCount; axis++) sums[axis]! += weights[prompt]! * rewards[place++]!;
    }
    return Array.from(sums, (sum) => sum / total);
  });
}
