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
  const method: Generation[] = [];
  for (const path of [config.generations].flat()) method.push(...(await readJsonLines(path, Generation)));
  const pairs = matchAnswers(method, await readJsonLines(config.opponent, Generation));
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
