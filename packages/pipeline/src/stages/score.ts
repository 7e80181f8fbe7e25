import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { readJsonLines, writeJsonLines } from "@uniarm/core";
import { Generation, Objective, UniArmError, type ObjectiveList, type Score, type Scorer } from "@uniarm/core/schema";
import { openScorers, score } from "@uniarm/eval";
import { scoreBatch, stratumOf, tinyWorldObjectives } from "@uniarm/tiny-world";
import { ScoringJob } from "../schema/jobs.ts";
import type { StageContext, StageEvent } from "./stage.ts";

interface OpenScorer {
  score: Scorer;
  objectives: ObjectiveList;
  stratumOf?: (generation: Generation) => string | undefined;
  dispose: () => Promise<void>;
}

const RESPONSES_PER_EVENT = 100;

/** Rewards of every response -> scores.jsonl, larger is better from here on. */
export async function* scoreStage(given: unknown, context: StageContext): AsyncGenerator<StageEvent> {
  const { generations: paths, scorer } = ScoringJob.parse(given);
  const generations: Generation[] = [];
  for (const path of paths) generations.push(...(await readJsonLines(path, Generation)));
  const cache = context.place("scores.cache.jsonl");
  const open = await openScorer(scorer, cache, context.signal);
  const scores: Score[] = [];
  const total = generations.length;
  const resumable = (): StageEvent[] =>
    existsSync(cache) ? [{ type: "resumable", step: scores.length, path: dirname(cache) }] : [];
  const stopped = (): StageEvent[] => [
    ...resumable(),
    { type: "ended", end: "STOPPED", reason: `stopped after ${scores.length} of ${total}` },
  ];
  try {
    for await (const one of score(generations, open.score, open.objectives, open.stratumOf)) {
      scores.push(one);
      if (scores.length % RESPONSES_PER_EVENT === 0 || scores.length === total) {
        yield { type: "progress", phase: "score", done: scores.length, total, unit: "responses" };
        yield* resumable();
      }
      if (!context.signal.aborted) continue;
      yield* stopped();
      return;
    }
  } catch (error) {
    if (!isStopped(error)) {
      yield* resumable();
      throw error;
    }
    yield* stopped();
    return;
  } finally {
    await open.dispose();
  }
  const path = context.place("scores.jsonl");
  await writeJsonLines(path, scores);
  yield { type: "artifact", name: "scores", count: scores.length, files: { "scores.jsonl": path } };
  yield { type: "ended", end: "SUCCEEDED", reason: `${scores.length} scores` };
}

async function openScorer(scorer: ScoringJob["scorer"], cache: string, signal: AbortSignal): Promise<OpenScorer> {
  if (scorer.type === "tiny-world") {
    const objectives = tinyWorldObjectives(scorer.objectives);
    return { score: scoreBatch, objectives, stratumOf, dispose: () => Promise.resolve() };
  }
  const opened = await openScorers(scorer, { cache, signal });
  const objectives = opened.objectives.map((objective) =>
    Objective.parse({ ...objective, description: objective.name }),
  );
  return { score: opened.score, objectives, dispose: () => opened.dispose() };
}

/** A program was at work when the job was told to stop. */
const isStopped = (error: unknown): boolean => error instanceof UniArmError && error.code === "scorer-program-stopped";
