import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Generation, Objective, type ObjectiveList, type Score } from "@uniarm/core/schema";
import { ScoringJob } from "@uniarm/pipeline/schema";
import { tinyWorldObjectives } from "@uniarm/tiny-world";
import { openRewardModels, score, type RewardScorer } from "@uniarm/eval";
import { scoreBatch, stratumOf } from "@uniarm/tiny-world";
import { singleFile, type JobContext } from "./context.ts";
import { readJsonLines, writeJsonLines } from "./json-lines.ts";
import type { JobReport } from "./report.ts";

interface OpenScorer {
  score: RewardScorer;
  objectives: ObjectiveList;
  stratumOf?: (generation: Generation) => string | undefined;
  dispose: () => Promise<void>;
}

/** Rewards of every response, larger is better from here on. */
export async function* scoreJob({ job, signal, locate, locateAll }: JobContext): AsyncGenerator<JobReport> {
  const { generations: references, scorer } = ScoringJob.parse(job.config);
  const generations: Generation[] = [];
  for (const path of references.flatMap(locateAll))
    generations.push(...(await readJsonLines(await singleFile(path), Generation)));
  await mkdir("output", { recursive: true });
  const open = await openScorer(scorer, locate);
  const scores: Score[] = [];
  try {
    for await (const one of score(generations, open.score, open.objectives, open.stratumOf)) {
      scores.push(one);
      if (scores.length % 100 === 0 || scores.length === generations.length)
        yield { type: "progress", phase: "score", done: scores.length, total: generations.length, unit: "responses" };
      if (!signal.aborted) continue;
      yield { type: "ended", end: "STOPPED", reason: `stopped after ${scores.length} of ${generations.length}` };
      return;
    }
  } finally {
    await open.dispose();
  }
  const path = join("output", "scores.jsonl");
  await writeJsonLines(path, scores);
  yield {
    type: "artifact",
    name: "scores",
    count: scores.length,
    files: { "scores.jsonl": join(process.cwd(), path) },
  };
  yield { type: "ended", end: "SUCCEEDED", reason: `${scores.length} scores` };
}

async function openScorer(scorer: ScoringJob["scorer"], locate: (reference: string) => string): Promise<OpenScorer> {
  if (scorer.type === "tiny-world")
    return {
      score: scoreBatch,
      objectives: tinyWorldObjectives(scorer.objectives),
      stratumOf,
      dispose: () => Promise.resolve(),
    };
  const models = scorer.rewardModels.map((config) => ({ ...config, model: locate(config.model) }));
  const opened = await openRewardModels(models, { cache: join("output", "scores.cache.jsonl") });
  const objectives = opened.objectives.map((objective) =>
    Objective.parse({ ...objective, description: objective.name }),
  );
  return { score: opened.score, objectives, dispose: () => opened.dispose() };
}
