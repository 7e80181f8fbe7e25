import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { readJsonLines, writeFileAtomically, writeJsonLines } from "@uniarm/core";
import {
  Generation,
  Score,
  UniArmError,
  type JudgeReport,
  type JudgingConfig,
  type RunEvent,
} from "@uniarm/core/schema";
import {
  endpointJudge,
  judgePairs,
  judgeReport,
  keyIn,
  matchAnswers,
  openAnswerCache,
  scorerPreferences,
  type AnswerPair,
  type Judge,
  type ScorerPreferences,
} from "@uniarm/eval";
import { openLocalJudge } from "./local-judge.ts";

export interface JudgeFilesOptions {
  signal: AbortSignal;
  /** where the variable that holds the endpoint's key is looked up */
  environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Win rates of files: generations of both sides -> verdicts, report. What can be refused is refused before the judge is asked.
 * Yields notices and progress; the result is null when the signal was aborted, and the same config continues then.
 * @throws UniArmError judge-paths, and those of the readers, matchAnswers, judgePairs, judgeReport
 */
export async function* judgeFiles(
  config: JudgingConfig,
  { signal, environment }: JudgeFilesOptions,
): AsyncGenerator<RunEvent, JudgeReport | null> {
  const cachePath = config.cache ?? join(dirname(config.output), "judge.cache.jsonl");
  checkPaths(config, cachePath);
  const method = atPreferences(await readAll(config.generations), config.preferences);
  const pairs = matchAnswers(method, await readAll(config.opponent));
  const scorer = await readPreferences(config, pairs);
  for (const path of [config.output, config.report]) await mkdir(dirname(path), { recursive: true });
  const judge = await openJudge(config, environment);
  try {
    const cache = await openAnswerCache(cachePath);
    try {
      const judged = yield* judgePairs(pairs, config, { judge, cache, signal });
      if (!judged) return null;
      const report = judgeReport(judged, config, judge.key, scorer);
      await writeJsonLines(
        config.output,
        judged.verdicts.map(({ verdict }) => verdict),
      );
      await writeFileAtomically(config.report, `${JSON.stringify(report, null, 2)}\n`);
      return report;
    } finally {
      await cache.close();
    }
  } finally {
    await judge.dispose();
  }
}

async function readAll(paths: string | readonly string[]): Promise<Generation[]> {
  const generations: Generation[] = [];
  for (const path of [paths].flat()) generations.push(...(await readJsonLines(path, Generation)));
  return generations;
}

/** The answers at some preferences; at all where none are named. */
function atPreferences(generations: Generation[], preferences: JudgingConfig["preferences"]): Generation[] {
  if (preferences === undefined) return generations;
  const isAt = (generation: Generation, wanted: readonly number[]): boolean =>
    generation.preference?.length === wanted.length &&
    generation.preference.every((entry, place) => Math.abs(entry - wanted[place]!) < 1e-9); // 0.1 + 0.2 is 0.3
  const unanswered = preferences.find((wanted) => !generations.some((one) => isAt(one, wanted)));
  if (unanswered)
    throw new UniArmError(
      "judge-preference-missing",
      `No answer is at preference (${unanswered.join(", ")}), which preferences names. Name preferences that the answers were decoded at.`,
    );
  return generations.filter((one) => preferences.some((wanted) => isAt(one, wanted)));
}

/** Nothing that is read, and nothing else that is written, may be written over. */
function checkPaths(config: JudgingConfig, cachePath: string): void {
  const { generations, opponent, scores = [], opponentScores = [], output, report } = config;
  const read = [generations, opponent, scores, opponentScores].flat().map((path) => resolve(path));
  const written = [output, report, cachePath].map((path) => resolve(path));
  const twice = written.find((path, place) => read.includes(path) || written.indexOf(path) !== place);
  if (twice !== undefined)
    throw new UniArmError(
      "judge-paths",
      `${twice} is named twice: output, report and cache are written and need names of their own. Choose another.`,
    );
}

async function openJudge(
  { judge, concurrency }: JudgingConfig,
  environment: JudgeFilesOptions["environment"],
): Promise<Judge> {
  if (judge.type === "local") return openLocalJudge(judge, concurrency);
  return endpointJudge(judge, judge.keyVariable === undefined ? null : keyIn(judge.keyVariable, environment));
}

async function readPreferences(
  { scores, opponentScores, objectives }: JudgingConfig,
  pairs: readonly AnswerPair[],
): Promise<ScorerPreferences | null> {
  if (scores === undefined || opponentScores === undefined) return null; // the schema has both or none
  const names = objectives.map(({ name }) => name);
  return scorerPreferences(pairs, names, {
    method: await readJsonLines(scores, Score),
    opponent: await readJsonLines(opponentScores, Score),
  });
}
