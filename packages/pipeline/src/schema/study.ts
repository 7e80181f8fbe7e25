import {
  BaseWeights,
  isScorer,
  JudgingSettings,
  Method,
  Normaliser,
  ObjectiveList,
  ObjectiveName,
  SamplingConfig,
  Seed,
  SCORES_EACH_ONCE,
  scoresEachOnce,
  StrengthRule,
} from "@uniarm/core/schema";
import { z } from "zod";
import { BaseModel, JudgeChoice, MaxNewTokens, ScoringModel, ScoringProgram, TinyWorldObjectives } from "./fields.ts";
import { referenceTo } from "./reference.ts";

const MethodName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]*$/, "lower-case letters, digits, . _ -")
  .max(64);

/** What the unguided base model is called among the methods. */
export const BASE = "base";
/** Names of a study's own nodes and folders: a method of such a name would be taken for one of them. */
const RESERVED: readonly string[] = [BASE, "pairs", "compare", "stages"];

/** Settings of a method's training that the study decides. */
export const DECIDED_BY_STUDY = ["model", "pairs", "objectives", "output", "seed"] as const;

/** Settings of a method's decoding that the study decides, or another setting of the method. */
export const DECODING_DECIDED_BY_STUDY = [
  "model",
  "armModel",
  "baseWeights",
  "checkpoint",
  "prompts",
  "preferences",
  "strength",
  "sampling",
  "maxNewTokens",
  "objectives",
  "output",
  "seed",
] as const;

/** The same of its exploration. */
export const EXPLORATION_DECIDED_BY_STUDY = ["scorer", "protocol", "maxNewTokens"] as const;

/** One method under test: how its ARM is trained, and how strongly it steers. */
export const StudyMethod = z.strictObject({
  name: MethodName.describe("how tables and charts call it"),
  training: z
    .record(z.string(), z.unknown())
    .default({})
    .describe(
      "settings of `train` that this method sets; model, pairs, objectives, output and seed come from the study. marginFrom may be method:NAME, another method of the study at the same seed. Methods with equal settings are trained once",
    ),
  decoding: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("settings of `decode` that this method sets, such as fusion; the others come from the study"),
  armModel: BaseModel.optional().describe(
    "model that this method's ARM is trained on, when it steers another one: the study's (weak to strong)",
  ),
  strength: z.number().nonnegative().default(1).describe("1 / beta_dec: exponent of the ARM's distribution"),
  strengths: z
    .array(z.number().nonnegative())
    .min(2)
    .max(16)
    .refine((all) => new Set(all).size === all.length, "strengths must differ")
    .optional()
    .describe(
      "in place of strength: each is measured on validation prompts, at every training seed, and the best is taken (see strengthChoice)",
    ),
  descriptions: z
    .record(ObjectiveName, z.string().min(1).max(2000))
    .optional()
    .describe(
      "control: objective name -> description that this method's ARM is trained with in place of the study's, such as a paraphrase or another objective's",
    ),
  configurationsTried: z
    .int()
    .positive()
    .optional()
    .describe(
      "how many configurations of this method were measured, on validation prompts only, before this one was taken, itself included; shown with its costs, so that budgets of search compare",
    ),
});
export type StudyMethod = z.infer<typeof StudyMethod>;

const TinyWorldTask = z.strictObject({
  type: z.literal("tiny-world"),
  objectives: TinyWorldObjectives,
  pairs: z.int().min(1).max(1_000_000).default(4000).describe("preference pairs to make, two base samples each"),
  testPrompts: z.int().min(4).max(100).default(100).describe("held-out prompts to answer"),
});
const FilesTask = z
  .strictObject({
    type: z.literal("files"),
    objectives: ObjectiveList.describe("the objectives; their order is the order of every preference vector"),
    pairs: referenceTo("training pairs, JSONL of PreferencePair", { to: "file", from: ["dataset"] }),
    prompts: referenceTo("held-out prompts, JSONL of {id, text} or {id, messages}", { to: "file", from: ["dataset"] }),
    rewardModels: z.array(ScoringModel).min(1).optional().describe("one for each objective that a model scores"),
    programs: z.array(ScoringProgram).min(1).optional().describe("programs or modules of your own that score"),
    normaliser: Normaliser.describe("frozen before any method is measured; stored with every number"),
    referencePoint: z.array(z.number()).describe("hypervolume's reference, in normalised units"),
  })
  .refine(scoresEachOnce, SCORES_EACH_ONCE);

/** How methods that have several strengths choose one, on prompts that no figure is of. */
const StrengthSearch = StrengthRule.extend({
  prompts: referenceTo("validation prompts, JSONL of {id, text} or {id, messages}; on tiny-world its own are taken", {
    to: "file",
    from: ["dataset"],
  }).optional(),
});

/** Win rates of every method against the base model, by a language model. */
const StudyJudging = JudgingSettings.omit({ objectives: true, seed: true }).extend({
  judge: JudgeChoice,
  objectives: JudgingSettings.shape.objectives
    .optional()
    .describe(
      "what answers are compared on, one after the other; default: the study's objectives, by their descriptions",
    ),
});

/** Most parts of one decoding. */
export const MOST_SHARDS = 64;

/** Train, decode, score and evaluate every method at every seed, on the same prompts under the same protocol; then compare. */
export const StudyConfig = z
  .strictObject({
    model: BaseModel.default("tiny-world:default"),
    baseWeights: BaseWeights.optional(),
    task: z
      .discriminatedUnion("type", [TinyWorldTask, FilesTask])
      .prefault({ type: "tiny-world" })
      .describe("what is asked, and what scores the answers"),
    methods: z.array(StudyMethod).min(1).max(32).describe("the methods under test"),
    strengthChoice: StrengthSearch.optional().describe(
      "how methods with strengths choose one on validation prompts; default: by hypervolume, without a bound on fluency",
    ),
    judging: StudyJudging.optional().describe(
      "win rates of every method against the base model's answers, by a language model: an endpoint or a model folder; default: none",
    ),
    seeds: z.array(z.int().nonnegative()).min(1).max(32).default([0]).describe("every method is trained once for each"),
    divisions: z.int().min(1).max(100).default(10).describe("steps between the preference vectors of the grid"),
    maxNewTokens: MaxNewTokens,
    sampling: SamplingConfig.prefault({}).describe("how a token is chosen"),
    decodeShards: z.int().min(1).max(MOST_SHARDS).default(1).describe("parts that the prompts are decoded in"),
    shardMinutes: z
      .number()
      .positive()
      .max(10_080)
      .optional()
      .describe(
        "in place of decodeShards: about so long a part of a decoding is to take; the launch counts the parts by runs of the server that have ended (one part, where none has)",
      ),
    decodeShardsOf: z
      .record(z.string().max(200), z.int().min(1).max(MOST_SHARDS))
      .optional()
      .describe(
        "parts of single decodings, by what stands before /decode in their names; the others have decodeShards. A launch with shardMinutes writes it",
      ),
    unguided: z.boolean().default(true).describe("also measure the base model alone"),
    seed: Seed,
  })
  .superRefine(({ methods, seeds, shardMinutes, decodeShards, decodeShardsOf }, context) => {
    if (shardMinutes !== undefined && (decodeShards !== 1 || decodeShardsOf !== undefined))
      context.addIssue({
        code: "custom",
        path: ["shardMinutes"],
        message: "it says how many parts there are: leave decodeShards and decodeShardsOf out",
      });
    const names = methods.map(({ name }) => name);
    if (new Set(names).size < names.length)
      context.addIssue({ code: "custom", path: ["methods"], message: "names of methods must differ" });
    if (new Set(seeds).size < seeds.length)
      context.addIssue({ code: "custom", path: ["seeds"], message: "seeds must differ" });
    if (new Set(methods.map(({ decoding }) => decoding?.samplesPerPrompt ?? 1)).size > 1)
      context.addIssue({
        code: "custom",
        path: ["methods"],
        message:
          "figures over different numbers of answers do not compare: give every method the same decoding.samplesPerPrompt",
      });
    methods.forEach(({ training }, index) => {
      const { data: trained } = Method.safeParse(training.method);
      if (trained === undefined || !isScorer(trained)) return;
      const message = `a ${trained} answers nothing that a study could measure: train it by itself, and name its model folder among rewardModels`;
      context.addIssue({ code: "custom", path: ["methods", index, "training", "method"], message });
    });
    names.forEach((name, index) => {
      if (!RESERVED.includes(name)) return;
      const message = `${name} is the name of ${name === BASE ? "the base model's own measures" : "a stage"}: choose another`;
      context.addIssue({ code: "custom", path: ["methods", index, "name"], message });
    });
  });
export type StudyConfig = z.infer<typeof StudyConfig>;
