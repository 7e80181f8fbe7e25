import { isDeepStrictEqual } from "node:util";
import type { Estimate, Fluency, FrontPoint, Generation, KlFromBase, Measure } from "@uniarm/core/schema";
import { fluencyOf, meanMeasure, seedMean } from "@uniarm/eval";
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
        fluency: meanFluency(own.map(({ generations }) => fluencyOf(answersAt(generations, preference)))),
        ...meanKl(fronts.flatMap((front) => front[place]!.klFromBase ?? [])),
        mean:
          fronts.length === 1 ? mean : mean.map((_, axis) => meanOf(fronts.map((front) => front[place]!.mean[axis]!))),
      })),
    };
  });
}

/** The base model's answers are the same at each preference. */
const answersAt = (generations: readonly Generation[], preference: readonly number[]): Generation[] =>
  generations.filter((one) => one.preference === null || isDeepStrictEqual(one.preference, preference));

function meanFluency(all: readonly Fluency[]): Fluency {
  const mean = (of: (one: Fluency) => number): number => all.reduce((sum, one) => sum + of(one), 0) / all.length;
  const meanOfKey = (key: "basePerplexity" | "repeatedFourGrams" | "distinctTwo"): Measure =>
    meanMeasure(all.map((one) => one[key]));
  return {
    answers: all[0]!.answers,
    basePerplexity: meanOfKey("basePerplexity"),
    repeatedFourGrams: meanOfKey("repeatedFourGrams"),
    distinctTwo: meanOfKey("distinctTwo"),
    endedShare: mean(({ endedShare }) => endedShare),
    lengthTokens: mean(({ lengthTokens }) => lengthTokens),
  };
}

/** Over seeds, where every one of them has it; nothing where none says anything of it. */
function meanKl(all: readonly KlFromBase[]): Pick<FrontPoint, "klFromBase"> {
  const [first] = all;
  if (!first) return {};
  const values = all.flatMap((one) => (one.value === null ? [] : [one]));
  if (values.length < all.length) return { klFromBase: all.find(({ value }) => value === null)! };
  return { klFromBase: values.length === 1 ? first : meanOf(values) };
}

const meanOf = (estimates: readonly Estimate[]): Estimate => seedMean(estimates.map(({ value }) => value));
