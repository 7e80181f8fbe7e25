import { z } from "zod";
import { BaseWeights } from "./base-weights.ts";
import { DecodingConfig } from "./decoding.ts";
import { EvaluationConfig } from "./evaluation.ts";
import { PreferenceVector } from "./preference.ts";
import { RewardModelConfig } from "./reward-model.ts";
import { Seed } from "./seed.ts";
import { TrainingConfig } from "./training.ts";

/**
 * A path in a job's config: a file or folder where the worker runs, or
 * `input:NAME` what another run puts out, `dataset:NAME` an uploaded dataset, `checkpoint:ID` a run's checkpoint,
 * `tiny-world:NAME` what tiny-world ships.
 */
const Reference = z.string().min(1);

const ObjectiveCount = z
  .union([z.literal(2), z.literal(3)])
  .default(2)
  .describe("tiny-world's first 2 or all 3 objectives");

/** Two samples of a base model per prompt, scored exactly, with a winner per objective. */
export const PairsJob = z.strictObject({
  model: Reference.default("tiny-world:default").describe("base model that answers"),
  baseWeights: BaseWeights.optional(),
  objectives: ObjectiveCount,
  pairs: z.int().min(1).max(1_000_000).default(4000).describe("pairs to make"),
  maxNewTokens: z.int().positive().default(44).describe("a response ends there at the latest"),
  seed: Seed,
});
export type PairsJob = z.infer<typeof PairsJob>;

/** Part `index` of `count` of the prompts: an experiment's decoding in pieces. */
export const Shard = z
  .strictObject({
    index: z.int().nonnegative().describe("which part, from 0"),
    count: z.int().positive().describe("parts in all"),
  })
  .refine(({ index, count }) => index < count, "index must be below count");
export type Shard = z.infer<typeof Shard>;

export const DecodingJob = z.strictObject({
  decoding: DecodingConfig.describe("what to answer, and how"),
  shard: Shard.default({ index: 0, count: 1 }).describe("which part of the prompts"),
});
export type DecodingJob = z.infer<typeof DecodingJob>;

export const ScoringJob = z.strictObject({
  generations: z.array(Reference).min(1).default(["input:generations"]).describe("the responses to score"),
  scorer: z
    .discriminatedUnion("type", [
      z.strictObject({ type: z.literal("tiny-world"), objectives: ObjectiveCount }),
      z.strictObject({
        type: z.literal("reward-models"),
        rewardModels: z.array(RewardModelConfig).min(1).describe("one for each objective"),
      }),
    ])
    .describe("what gives the rewards"),
});
export type ScoringJob = z.infer<typeof ScoringJob>;

export const EvaluationJob = z.strictObject({
  name: z.string().min(1).max(200).describe("name of the front"),
  method: z.string().max(64).optional().describe("name of the method that is measured"),
  scores: Reference.default("input:scores").describe("the scores to measure"),
  protocol: z
    .discriminatedUnion("type", [
      z.strictObject({
        type: z.literal("tiny-world"),
        objectives: ObjectiveCount,
        seed: Seed,
      }),
      z.strictObject({
        type: z.literal("own"),
        config: EvaluationConfig.describe("objectives, normaliser and reference point of one's own"),
      }),
    ])
    .describe("how fronts are measured: fronts of equal protocols compare"),
  unguidedAt: z
    .array(PreferenceVector)
    .optional()
    .describe("the scores are of the unguided base model: count them at each of these preferences"),
});
export type EvaluationJob = z.infer<typeof EvaluationJob>;

export const ComparisonJob = z.strictObject({
  names: z.array(z.string().min(1)).min(1).describe("of the evaluations, in the order of the inputs"),
});
export type ComparisonJob = z.infer<typeof ComparisonJob>;

/** Keeps a model and a reward model loaded and answers what is asked meanwhile. */
export const PlaygroundJob = z.strictObject({
  model: Reference.default("tiny-world:default").describe("base model that answers"),
  baseWeights: BaseWeights.optional(),
  checkpoint: Reference.optional().describe("reward model that steers it; without one it answers unguided"),
  idleMinutes: z.number().positive().max(1440).default(10).describe("it ends when nothing was asked for so long"),
  maxRows: z.int().min(1).max(1024).default(32).describe("responses decoded at once; the others wait"),
});
export type PlaygroundJob = z.infer<typeof PlaygroundJob>;

/** Waits and counts: what the tests of the platform run in place of tensor work. */
export const SleepJob = z.strictObject({
  steps: z.int().positive().max(1_000_000).default(10).describe("how often it waits"),
  stepMs: z.int().nonnegative().max(60_000).default(100).describe("how long each time"),
  checkpointEvery: z.int().positive().default(5).describe("steps between checkpoints"),
  failAtStep: z.int().nonnegative().optional().describe("ends with an error after this step"),
  keys: z.array(z.string()).min(1).default(["value"]).describe("metrics it reports each step"),
});
export type SleepJob = z.infer<typeof SleepJob>;

/** What a worker can be asked to do: the config's schema, what it reads of other runs, what it puts out, whether files named in it may be inputs. */
export const JOBS = {
  pairs: { config: PairsJob, inputs: [], outputs: ["pairs"] },
  train: { config: TrainingConfig, inputs: ["pairs", "validationPairs"], outputs: ["checkpoint"] },
  decode: { config: DecodingJob, inputs: ["checkpoint", "prompts"], outputs: ["generations"] },
  score: { config: ScoringJob, inputs: ["generations"], outputs: ["scores"] },
  evaluate: { config: EvaluationJob, inputs: ["scores"], outputs: ["report"] },
  compare: { config: ComparisonJob, inputs: ["reports"], outputs: ["comparison"] },
  playground: { config: PlaygroundJob, inputs: ["checkpoint"], outputs: [] },
  sleep: { config: SleepJob, inputs: [], outputs: ["count"] },
} as const satisfies Record<string, { config: z.ZodType; inputs: readonly string[]; outputs: readonly string[] }>;

export type WorkKind = keyof typeof JOBS;
export const WORK_KINDS = Object.keys(JOBS) as [WorkKind, ...WorkKind[]];
/** An experiment is a parent run: its children do the work. A demo is one that ran by itself and was recorded afterwards. */
export const JobKind = z.enum([...WORK_KINDS, "experiment", "demo"]);
export type JobKind = z.infer<typeof JobKind>;

export const MetricKey = z.string().min(1).max(200);
