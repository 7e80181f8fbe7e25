import type { Estimate } from "@uniarm/core/schema";
import { seedMean } from "@uniarm/eval";
import type { MeasuredRun } from "./read-study.ts";
import type { StudyReport } from "./study-report.ts";

/** The front of each method: means over its seeds, in the order of the runs. */
export function meanFronts(runs: readonly MeasuredRun[]): StudyReport["fronts"] {
  const names = [...new Set(runs.map(({ method }) => method))];
  return names.map((name) => {
    const own = runs.filter(({ method }) => method === name);
    const fronts = own.map(({ report }) => report.front.points);
    const trained = own.filter(({ seed }) => seed !== null).length;
    return {
      name,
      seeds: trained,
      intervals: trained > 1 ? ("seeds" as const) : ("prompts" as const),
      points: fronts[0]!.map(({ preference, mean }, place) => ({
        preference,
        mean:
          fronts.length === 1 ? mean : mean.map((_, axis) => meanOf(fronts.map((front) => front[place]!.mean[axis]!))),
      })),
    };
  });
}

const meanOf = (estimates: readonly Estimate[]): Estimate => seedMean(estimates.map(({ value }) => value));
