import type { Transformer } from "@uniarm/core";
import { preferenceGrid, type ObjectiveList } from "@uniarm/core/schema";
import { dot } from "./dot.ts";
import type { Arm } from "./arms.ts";
import { toBlame } from "./blame.ts";
import { isAllFinite } from "./is-all-finite.ts";
import { betweenSteps } from "./between-steps.ts";
import type { Example } from "./examples.ts";
import type { MetricValues } from "./metrics.ts";
import type { LossSettings } from "./loss-settings.ts";
import { openPairs } from "./pair-differences.ts";
import { isConflict } from "./pair-statistics.ts";

/**
 * Where a method that takes any preference is measured: quarters for two objectives, halves beyond, as the grid grows fast
 * with the number of objectives.
 */
export function validationGrid(objectiveCount: number): number[][] {
  return preferenceGrid(objectiveCount, objectiveCount <= 2 ? 4 : 2);
}

/**
 * Measures held-out pairs at a fixed grid of preferences, of methods that tune policies for some at those, so that two validations differ by the adapter alone.
 * - validation/loss: mean over grid and pairs of sum_i a_i l_i, the loss of winners whichever loss is trained
 * - validation/accuracy: share of pairs ordered as the sign of sum_i a_i s_i says, over grid and pairs where that is not 0
 * - validation/loss/<objective>, validation/accuracy/<objective>: at the objective's own corner, tied pairs left out
 * - validation/conflictAccuracy/<objective>: the same over the pairs whose objectives disagree
 * @yields how many pairs it has read
 * @returns null when the signal was aborted; `notFinite` are the pairs whose D is no number, the first batch of them
 */
export async function* validate(
  model: Transformer,
  arms: readonly Arm[],
  examples: readonly Example[],
  options: {
    objectives: ObjectiveList;
    settings: LossSettings;
    batchPairs: number;
    padTokenId: number;
    /** preferences that are looked at */
    grid: readonly (readonly number[])[];
    signal?: AbortSignal | undefined;
  },
): AsyncGenerator<number, { values: MetricValues; notFinite: readonly Example[] } | null> {
  const { objectives, signal, settings, padTokenId, grid } = options;
  const { betas } = settings;
  const about = { model, arms, padTokenId, settings };
  const total = tally();
  const weighted = tally();
  const corners = objectives.map(() => ({ all: tally(), conflicts: tally() }));
  const sorted = [...examples].sort((a, b) => a.length - b.length); // less padding
  for (let start = 0; start < sorted.length; start += options.batchPairs) {
    const batch = sorted.slice(start, start + options.batchPairs);
    const pairs = await openPairs(about, batch);
    try {
      for (const preference of grid) {
        if (signal?.aborted) return null;
        const { differences, mixed } = await pairs.at(preference);
        if (differences.some((column) => !isAllFinite(column)))
          return { values: {}, notFinite: await toBlame(about, batch, () => preference) };
        batch.forEach(({ signs }, row) => {
          const losses = signs.map((sign, column) =>
            sign === 0 ? 0 : softplus(-betas[column]! * sign * differences[column]![row]!),
          );
          total.add(dot(preference, losses));
          const wanted = dot(preference, signs);
          if (wanted !== 0) weighted.add(Number(wanted * mixed[row]! > 0));
          const corner = preference.indexOf(1);
          const sign = signs[corner];
          if (sign === undefined || sign === 0) return;
          const right = Number(sign * differences[corner]![row]! > 0);
          corners[corner]!.all.add(right, losses[corner]);
          if (isConflict(signs)) corners[corner]!.conflicts.add(right);
        });
        await betweenSteps();
      }
    } finally {
      pairs.dispose();
    }
    yield start + batch.length;
  }
  const values: MetricValues = { "validation/loss": total.mean(), "validation/accuracy": weighted.mean() };
  objectives.forEach(({ name }, column) => {
    const { all, conflicts } = corners[column]!;
    values[`validation/loss/${name}`] = all.meanLoss();
    values[`validation/accuracy/${name}`] = all.mean();
    values[`validation/conflictAccuracy/${name}`] = conflicts.mean();
  });
  const known = Object.entries(values).filter(([, value]) => !Number.isNaN(value)); // the mean over no pairs is NaN
  return { values: Object.fromEntries(known), notFinite: [] };
}

function tally(): { add: (right: number, loss?: number) => void; mean: () => number; meanLoss: () => number } {
  let [count, sum, losses] = [0, 0, 0];
  return {
    add: (right, loss = 0) => {
      count += 1;
      sum += right;
      losses += loss;
    },
    mean: () => sum / count,
    meanLoss: () => losses / count,
  };
}

/** log(1 + e^x) without overflow */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
