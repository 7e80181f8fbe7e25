import type { StudyReport } from "./study-report.ts";
import type { MeasuredRun } from "./read-study.ts";

const PROMPTS = 3;

/**
 * What each method's first training answered to a few prompts along the front: at each corner and in the middle. The prompts are
 * the first, one in the middle and the last of all by their ids: nobody chose them for how they read.
 */
export function sampleAnswers(runs: readonly MeasuredRun[], objectives: readonly string[]): StudyReport["answers"] {
  const firsts = [...new Map(runs.toReversed().map((run) => [run.method, run])).values()].toReversed();
  const ids = [...new Set(runs[0]!.generations.map(({ promptId }) => promptId))].toSorted();
  const shown = [
    ...new Set(
      Array.from({ length: PROMPTS }, (_, place) => ids[Math.round((place * (ids.length - 1)) / (PROMPTS - 1))]!),
    ),
  ];
  return shown.map((promptId) => ({
    promptId,
    prompt: runs[0]!.generations.find((generation) => generation.promptId === promptId)!.prompt,
    rows: firsts.flatMap((run) => rowsOf(run, promptId, objectives)),
  }));
}

function rowsOf(
  { method, generations, scores }: MeasuredRun,
  promptId: string,
  objectives: readonly string[],
): StudyReport["answers"][number]["rows"] {
  const own = generations.filter((generation) => generation.promptId === promptId && generation.sample === 0);
  const middle = nearestToMiddle(own.flatMap(({ preference }) => (preference ? [preference] : [])));
  return own
    .filter(({ preference }) => !preference || preference.includes(1) || preference === middle)
    .map(({ preference, text }) => {
      const score = scores.find(
        (one) => one.promptId === promptId && one.sample === 0 && String(one.preference) === String(preference),
      )!;
      return {
        name: method,
        preference: preference ?? [],
        text,
        rewards: objectives.map((name) => score.rewards[name]!),
      };
    });
}

/** The preference whose largest entry is smallest. */
const nearestToMiddle = (preferences: readonly number[][]): number[] | undefined =>
  preferences.toSorted((one, other) => Math.max(...one) - Math.max(...other))[0];
