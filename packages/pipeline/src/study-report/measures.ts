import { fluencyOf, meanMeasure, textHealth } from "@uniarm/eval";
import type { MeasuredRun } from "./read-study.ts";
import type { StudyReport } from "./study-report.ts";

/** What each method's fronts and texts say beyond the figures: means over its seeds. */
export function measuresOf(runs: readonly MeasuredRun[]): StudyReport["measures"] {
  return [...Map.groupBy(runs, ({ method }) => method)].map(([name, own]) => ({
    name,
    front: frontMeasures(own),
    texts: textMeasures(own),
  }));
}

function frontMeasures(runs: readonly MeasuredRun[]): StudyReport["measures"][number]["front"] {
  const all = runs.flatMap(({ report }) => report.metrics ?? []);
  if (all.length < runs.length) return null; // a report of an earlier version has none
  return {
    sparsity: meanMeasure(all.map(({ sparsity }) => sparsity)),
    spacing: meanMeasure(all.map(({ spacing }) => spacing)),
    preferenceCosine: meanMeasure(all.map(({ preferenceCosine }) => preferenceCosine)),
    preferenceEffect: meanMeasure(all.map(({ preferenceEffect }) => preferenceEffect.gain)),
    steering: all[0]!.steering.map(({ objective }, place) => ({
      objective,
      correlation: meanMeasure(all.map(({ steering }) => steering[place]!.spearman)),
      slope: meanMeasure(all.map(({ steering }) => steering[place]!.slope)),
    })),
  };
}

function textMeasures(runs: readonly MeasuredRun[]): StudyReport["measures"][number]["texts"] {
  // the answers at one preference: sets of one size, the base model's too
  const sets = runs.flatMap(({ generations }) => [
    ...Map.groupBy(generations, ({ preference }) => String(preference)).values(),
  ]);
  const all = sets.map(textHealth);
  const [first, second, third] = [0, 1, 2].map((n) => meanMeasure(all.map(({ distinct }) => distinct[n]!)));
  return {
    basePerplexity: meanMeasure(sets.map((set) => fluencyOf(set).basePerplexity)),
    lengthTokens: meanMeasure(all.map(({ lengthTokens }) => lengthTokens)),
    distinct: [first!, second!, third!],
    repeatedFourGrams: meanMeasure(all.map(({ repeatedFourGrams }) => repeatedFourGrams)),
    endedShare: meanMeasure(all.map(({ endedShare }) => endedShare)),
  };
}
