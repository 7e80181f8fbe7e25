import { z } from "zod";
import {
  ChoiceJob,
  ComparisonJob,
  DecodingJob,
  EvaluationJob,
  JudgeJob,
  PairsJob,
  PlaygroundJob,
  ScoringJob,
  SleepJob,
  TrainingJob,
} from "./jobs.ts";
import { StudyConfig } from "./study.ts";

interface Kind {
  config: z.ZodType;
  /** what it can read of other runs, where its config says input:NAME */
  inputs: readonly string[];
  outputs: readonly string[];
  /** what it does, in one line */
  summary: string;
}

/** Every kind of work, once. */
export const JOBS = {
  pairs: { config: PairsJob, inputs: [], outputs: ["pairs"], summary: "preference pairs of the synthetic world" },
  train: {
    config: TrainingJob,
    inputs: ["pairs", "validationPairs", "margins"],
    outputs: ["checkpoint"],
    summary: "an ARM or tuned policies from preference pairs",
  },
  decode: {
    config: DecodingJob,
    inputs: ["checkpoint", "prompts", "strength"],
    outputs: ["generations"],
    summary: "answers to prompts under preference vectors",
  },
  score: { config: ScoringJob, inputs: ["generations"], outputs: ["scores"], summary: "rewards of answers" },
  evaluate: {
    config: EvaluationJob,
    inputs: ["scores", "generations", "baseScores", "baseGenerations"],
    outputs: ["report"],
    summary: "a Pareto front from scores",
  },
  choose: {
    config: ChoiceJob,
    inputs: ["reports"],
    outputs: ["strength"],
    summary: "one of several strengths, by their fronts on validation prompts",
  },
  judge: {
    config: JudgeJob,
    inputs: ["generations", "opponent", "scores", "opponentScores"],
    outputs: ["verdicts", "judged"],
    summary: "win rates against an opponent's answers by a language model",
  },
  compare: {
    config: ComparisonJob,
    inputs: ["reports", "scores"],
    outputs: ["comparison", "methods"],
    summary: "several evaluations in one table",
  },
  playground: {
    config: PlaygroundJob,
    inputs: ["checkpoint"],
    outputs: [],
    summary: "keeps a model loaded and answers what is asked meanwhile",
  },
  sleep: { config: SleepJob, inputs: [], outputs: ["count"], summary: "waits and counts: to try the platform itself" },
} as const satisfies Record<string, Kind>;

export type WorkKind = keyof typeof JOBS;
export const WORK_KINDS = Object.keys(JOBS) as [WorkKind, ...WorkKind[]];

/** What can be launched: a study is a parent run whose children do the work. */
export const LaunchKind = z.enum([...WORK_KINDS, "study"]);
export type LaunchKind = z.infer<typeof LaunchKind>;

/** What a run can be of: a demo is one that ran by itself and was recorded afterwards. */
export const JobKind = z.enum([...LaunchKind.options, "demo"]);
export type JobKind = z.infer<typeof JobKind>;

/** The schema of a kind's config. */
export function configSchema(kind: JobKind): z.ZodType {
  if (kind === "study") return StudyConfig;
  if (kind === "demo") return z.record(z.string(), z.unknown());
  return JOBS[kind].config;
}
