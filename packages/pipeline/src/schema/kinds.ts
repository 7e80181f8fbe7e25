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
import { SweepConfig } from "./sweep.ts";

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
    inputs: ["pairs", "validationPairs", "margins", "scorer"],
    outputs: ["checkpoint", "scorer"],
    summary: "an ARM, tuned policies or a scorer from preference pairs",
  },
  decode: {
    config: DecodingJob,
    inputs: ["checkpoint", "prompts", "strength"],
    outputs: ["generations"],
    summary: "answers to prompts under preference vectors",
  },
  score: { config: ScoringJob, inputs: ["generations", "scorer"], outputs: ["scores"], summary: "rewards of answers" },
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

/** Runs that only hold others: a study the jobs of its graph, a sweep runs that differ in some settings. */
export const PARENT_KINDS = ["study", "sweep"] as const;
export const isParentKind = (kind: string): boolean => PARENT_KINDS.some((one) => one === kind);

/** What can be launched. */
export const LaunchKind = z.enum([...WORK_KINDS, ...PARENT_KINDS]);
export type LaunchKind = z.infer<typeof LaunchKind>;

/** What ran by itself and was recorded afterwards: a demo, or a folder of the command line's that was imported. */
export const RecordedKind = z.enum(["demo", "import"]);
export type RecordedKind = z.infer<typeof RecordedKind>;

/** What a run can be of. */
export const JobKind = z.enum([...LaunchKind.options, ...RecordedKind.options]);
export type JobKind = z.infer<typeof JobKind>;

/** Whether it ran elsewhere: nothing here can continue it. */
export const isRecorded = (kind: string): kind is RecordedKind => RecordedKind.safeParse(kind).success;

/** The schema of a kind's config. */
export function configSchema(kind: JobKind): z.ZodType {
  if (kind === "study") return StudyConfig;
  if (kind === "sweep") return SweepConfig;
  if (isRecorded(kind)) return z.record(z.string(), z.unknown());
  return JOBS[kind].config;
}
