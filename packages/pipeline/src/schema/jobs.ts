import {
  BaseWeights,
  DecodingConfig,
  hasArmPerObjective,
  isScorer,
  JudgingSettings,
  MeasuringConditions,
  PreferenceVector,
  SamplingConfig,
  Seed,
  Shard,
  StrengthRule,
  TrainingConfig,
} from "@uniarm/core/schema";
import { z } from "zod";
import { Exploration } from "./exploration.ts";
import {
  BaseModel,
  JudgeChoice,
  MaxNewTokens,
  measuredObjectives,
  PromptsOrReference,
  ProtocolChoice,
  ScorerChoice,
  scoredObjectives,
  TinyWorldObjectives,
} from "./fields.ts";
import { referenceTo } from "./reference.ts";

const Pairs = referenceTo("JSONL of PreferencePair", { to: "file", from: ["input", "dataset"] });
const Checkpoint = referenceTo("checkpoint or run folder", {
  to: "folder",
  from: ["input", "checkpoint", "dataset"],
});
const Rows = (what: string) => z.array(referenceTo(what, { to: "file", from: ["input", "dataset"] })).min(1);

/** Two samples of a base model per prompt, scored exactly, with a winner per objective. */
export const PairsJob = z.strictObject({
  model: BaseModel.default("tiny-world:default"),
  baseWeights: BaseWeights.optional(),
  objectives: TinyWorldObjectives,
  pairs: z.int().min(1).max(1_000_000).default(4000).describe("pairs to make"),
  leaveOutValidation: z
    .boolean()
    .default(false)
    .describe("make no pairs of the tasks that tiny-world:validation asks about"),
  maxNewTokens: MaxNewTokens,
  seed: Seed,
});
export type PairsJob = z.infer<typeof PairsJob>;

/** Where a job writes is not its config's to say; the cast lets a schema without it extend one that needs it. */
const givenByDriver = z
  .literal("output")
  .default("output")
  .describe("given by whoever runs the job") as unknown as z.ZodLiteral<"output">;

/** Everything a training run needs, with the rounds in which it makes its own data where it has some. */
export const TrainingRun = TrainingConfig.safeExtend({
  exploration: Exploration.optional().describe(
    "rounds in which the ARM answers prompts, its answers are scored, and it is trained on them as well; default: none",
  ),
}).superRefine((run, context) => {
  const { objectives, exploration } = run;
  if (!exploration) return;
  if (isScorer(run.method))
    context.addIssue({
      code: "custom",
      path: ["exploration"],
      message: "rounds train on answers of what is trained, and a scorer answers nothing: leave them out",
    });
  for (const key of ["earlyStopping", "keepBest"] as const)
    if (run[key] !== undefined)
      context.addIssue({
        code: "custom",
        path: [key],
        message: "rounds have lengths of their own and are compared by their fronts: leave it out",
      });
  if (run.addedObjectives && hasArmPerObjective(run.method))
    context.addIssue({
      code: "custom",
      path: ["addedObjectives"],
      message: `the first round would add them, and the rounds after it train every adapter of ${run.method}: add them in a run of its own`,
    });
  const names = objectives.map(({ name }) => name);
  const scored = scoredObjectives(exploration.scorer);
  const missing = names.filter((name) => !scored.includes(name));
  if (missing.length > 0)
    context.addIssue({
      code: "custom",
      path: ["exploration", "scorer"],
      message: `it scores [${scored.join(", ")}], but the run has the objectives [${names.join(", ")}]: nothing would score ${missing.join(", ")}`,
    });
  const measured = exploration.protocol && measuredObjectives(exploration.protocol);
  if (measured && measured.join() !== names.join())
    context.addIssue({
      code: "custom",
      path: ["exploration", "protocol"],
      message: `it measures [${measured.join(", ")}]; it has to measure the run's objectives in their order, [${names.join(", ")}]`,
    });
});
export type TrainingRun = z.infer<typeof TrainingRun>;

/** A training run; it writes into the folder that its driver gives it. */
export const TrainingJob = TrainingRun.safeExtend({
  model: BaseModel,
  pairs: Pairs,
  validationPairs: Pairs.optional(),
  startFrom: Checkpoint.optional(),
  replayPairs: Pairs.optional(),
  marginFrom: Checkpoint.optional(),
  output: givenByDriver,
});
export type TrainingJob = z.infer<typeof TrainingJob>;

export const DecodingJob = z
  .strictObject({
    decoding: DecodingConfig.safeExtend({
      model: BaseModel,
      checkpoint: Checkpoint.optional(),
      armModel: referenceTo("folder of the model that the checkpoint was trained on, when it guides another one", {
        to: "folder",
        from: ["tiny-world", "dataset"],
      }).optional(),
      prompts: PromptsOrReference,
    }).describe("what to answer, and how"),
    strengthFrom: referenceTo("strength.json of a choice of strength, in place of decoding.strength", {
      to: "file",
      from: ["input", "dataset"],
    }).optional(),
    shard: Shard.default({ index: 0, count: 1 }).describe("which part of the prompts"),
  })
  .superRefine(({ decoding, strengthFrom }, context) => {
    if (strengthFrom === undefined || decoding.strength === 1) return;
    const message = "strengthFrom says where the strength was chosen: leave decoding.strength out";
    context.addIssue({ code: "custom", path: ["strengthFrom"], message });
  });
export type DecodingJob = z.infer<typeof DecodingJob>;

export const ScoringJob = z.strictObject({
  generations: Rows("JSONL of Generation").default(["input:generations"]).describe("the responses to score"),
  scorer: ScorerChoice,
});
export type ScoringJob = z.infer<typeof ScoringJob>;

export const EvaluationJob = z.strictObject({
  name: z.string().min(1).max(200).describe("name of the front"),
  method: z.string().max(64).optional().describe("name of the method that is measured"),
  scores: referenceTo("JSONL of Score", { to: "file", from: ["input", "dataset"] }).default("input:scores"),
  generations: Rows("JSONL of Generation: the answers that the scores are of")
    .optional()
    .describe("the answers that the scores are of: their fluency then stands beside the front"),
  sampling: SamplingConfig.optional().describe(
    "how the tokens of those answers were chosen: where they were drawn as they are, the divergence from the base stands beside the front",
  ),
  baseScores: referenceTo("JSONL of Score of the base model alone", { to: "file", from: ["input", "dataset"] })
    .optional()
    .describe("scores of the base model alone on the same prompts: its point then stands beside the front"),
  baseGenerations: Rows("JSONL of Generation: the answers that baseScores are of")
    .optional()
    .describe("the answers that baseScores are of: their fluency then stands in the base model's row"),
  protocol: ProtocolChoice,
  conditions: MeasuringConditions.optional().describe(
    "what else the figures depend on: fronts that were measured otherwise do not compare",
  ),
  unguidedAt: z
    .array(PreferenceVector)
    .optional()
    .describe("the scores are of the unguided base model: count them at each of these preferences"),
});
export type EvaluationJob = z.infer<typeof EvaluationJob>;

/** Win rates against an opponent's answers; where its files lie is the driver's to say. */
export const JudgeJob = JudgingSettings.extend({
  judge: JudgeChoice,
  generations: Rows("JSONL of Generation").default(["input:generations"]).describe("the method's answers"),
  opponent: Rows("JSONL of Generation")
    .default(["input:opponent"])
    .describe("the opponent's answers to the same prompts, usually the base model's"),
  scores: referenceTo("JSONL of Score of the method's answers, to compare judge and scorer", {
    to: "file",
    from: ["input", "dataset"],
  }).optional(),
  opponentScores: referenceTo("the same of the opponent's", { to: "file", from: ["input", "dataset"] }).optional(),
}).superRefine(({ scores, opponentScores }, context) => {
  if ((scores === undefined) === (opponentScores === undefined)) return;
  const message = "scores and opponentScores go together: agreement compares the scores of both answers";
  context.addIssue({ code: "custom", path: ["opponentScores"], message });
});
export type JudgeJob = z.infer<typeof JudgeJob>;

export const ChoiceJob = z.strictObject({
  reports: Rows("report.json of an evaluation on validation prompts")
    .default(["input:reports"])
    .describe("the front at each strength, in their order"),
  strengths: z
    .array(z.number().nonnegative())
    .min(1)
    .describe("what they were decoded with, in the order of the reports"),
  rule: StrengthRule.prefault({}).describe("which one is chosen"),
});
export type ChoiceJob = z.infer<typeof ChoiceJob>;

export const ComparisonJob = z.strictObject({
  reports: Rows("report.json of an evaluation").default(["input:reports"]).describe("the evaluations to compare"),
  names: z.array(z.string().min(1)).min(1).describe("of the evaluations, in the order of the reports"),
  scores: Rows("JSONL of Score")
    .optional()
    .describe("the scores behind the reports, in their order: methods are then tested against each other"),
  runs: z
    .array(
      z.strictObject({
        method: z.string().min(1).describe("what is trained at several seeds has one name"),
        seed: z.int().nonnegative().nullable().describe("training seed; null where nothing was trained"),
      }),
    )
    .optional()
    .describe("which method and seed each report is of; default: each is a method of its own, with one seed"),
  optimum: z
    .literal("tiny-world")
    .optional()
    .describe("whose best possible answers are known: methods then have their regret against them"),
});
export type ComparisonJob = z.infer<typeof ComparisonJob>;

/** Keeps a base model and an ARM loaded and answers what is asked meanwhile. */
export const PlaygroundJob = z.strictObject({
  model: BaseModel.default("tiny-world:default"),
  baseWeights: BaseWeights.optional().describe(
    "number format of the base model's matrices; default: the blocks that its files have (GGUF), else the faster of bfloat16 and float32 on the worker's machine",
  ),
  checkpoint: referenceTo("checkpoint whose ARM steers it; without one it answers unguided", {
    to: "folder",
    from: ["input", "checkpoint"],
  }).optional(),
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
