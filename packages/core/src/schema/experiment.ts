import { z } from "zod";
import { BaseWeights } from "./base-weights.ts";
import { SamplingConfig } from "./decoding.ts";
import { Normaliser } from "./evaluation.ts";
import { type WorkKind } from "./job.ts";
import { ObjectiveList } from "./objective.ts";
import { preferenceGrid } from "./preference.ts";
import { RewardModelConfig } from "./reward-model.ts";
import { Seed } from "./seed.ts";
import { tinyWorldObjectives } from "./tiny-world.ts";

const ArmName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]*$/, "lower-case letters, digits, . _ -")
  .max(64);

/** One method under test: how its reward model is trained, and how strongly it steers. */
export const ExperimentArm = z.strictObject({
  name: ArmName.describe("how tables and charts call it"),
  training: z
    .record(z.string(), z.unknown())
    .default({})
    .describe(
      "settings of `train` that this arm sets; model, pairs, objectives, output and seed come from the experiment",
    ),
  strength: z.number().nonnegative().default(1).describe("1 / beta_dec: exponent of the reward model's distribution"),
});
export type ExperimentArm = z.infer<typeof ExperimentArm>;

const TinyWorldTask = z.strictObject({
  type: z.literal("tiny-world"),
  objectives: z
    .union([z.literal(2), z.literal(3)])
    .default(2)
    .describe("tiny-world's first 2 or all 3 objectives"),
  pairs: z.int().min(1).max(1_000_000).default(4000).describe("preference pairs to make, two base samples each"),
  testPrompts: z.int().min(4).max(100).default(100).describe("held-out prompts to answer"),
});
const FilesTask = z.strictObject({
  type: z.literal("files"),
  objectives: ObjectiveList.describe("the objectives; their order is the order of every preference vector"),
  pairs: z.string().min(1).describe("training pairs, JSONL: a file of the workers, or dataset:NAME"),
  prompts: z.string().min(1).describe("held-out prompts, JSONL of {id, text}: a file of the workers, or dataset:NAME"),
  rewardModels: z.array(RewardModelConfig).min(1).describe("one for each objective"),
  normaliser: Normaliser.describe("frozen before any method is measured; stored with every number"),
  referencePoint: z.array(z.number()).describe("hypervolume's reference, in normalised units"),
});

/** Train, decode, score and evaluate every arm at every seed, on the same prompts under the same protocol; then compare. */
export const ExperimentConfig = z
  .strictObject({
    model: z
      .string()
      .min(1)
      .default("tiny-world:default")
      .describe("folder of the frozen base model, or tiny-world:NAME"),
    baseWeights: BaseWeights.optional(),
    task: z
      .discriminatedUnion("type", [TinyWorldTask, FilesTask])
      .prefault({ type: "tiny-world" })
      .describe("what is asked, and what scores the answers"),
    arms: z.array(ExperimentArm).min(1).max(32).describe("the methods under test"),
    seeds: z.array(z.int().nonnegative()).min(1).max(32).default([0]).describe("every arm is trained once for each"),
    divisions: z.int().min(1).max(100).default(10).describe("steps between the preference vectors of the grid"),
    maxNewTokens: z.int().positive().default(44).describe("a response ends there at the latest"),
    sampling: SamplingConfig.prefault({}).describe("how a token is chosen"),
    decodeShards: z.int().min(1).max(64).default(1).describe("parts that the prompts are decoded in"),
    unguided: z.boolean().default(true).describe("also measure the base model alone"),
    seed: Seed,
  })
  .refine(({ arms }) => new Set(arms.map(({ name }) => name)).size === arms.length, "names of arms must differ");
export type ExperimentConfig = z.infer<typeof ExperimentConfig>;

/** One run of an experiment's graph; `inputs` name what other nodes put out. */
export interface JobNode {
  name: string;
  kind: WorkKind;
  config: unknown;
  inputs: Record<string, { node: string; output: string }[]>;
}

/** The graph of an experiment, producers before consumers. Configs are still to be parsed by their job's schema. */
export function experimentGraph(config: ExperimentConfig): JobNode[] {
  const { task, arms, seeds, model, seed } = config;
  const weights = config.baseWeights ? { baseWeights: config.baseWeights } : {};
  const nodes: JobNode[] = [];
  if (task.type === "tiny-world")
    nodes.push({
      name: "pairs",
      kind: "pairs",
      inputs: {},
      config: {
        model,
        ...weights,
        objectives: task.objectives,
        pairs: task.pairs,
        maxNewTokens: config.maxNewTokens,
        seed,
      },
    });
  if (config.unguided) nodes.push(...measured(config, weights, { name: "base" }));
  for (const arm of arms)
    for (const armSeed of seeds) {
      const name = seeds.length > 1 ? `${arm.name}/${armSeed}` : arm.name;
      nodes.push({
        name: `${name}/train`,
        kind: "train",
        config: {
          ...weights,
          ...arm.training,
          model,
          objectives: objectivesOf(config),
          output: "output",
          seed: armSeed,
          pairs: task.type === "tiny-world" ? "input:pairs" : task.pairs,
        },
        inputs: task.type === "tiny-world" ? { pairs: [{ node: "pairs", output: "pairs" }] } : {},
      });
      nodes.push(...measured(config, weights, { name, arm, train: `${name}/train` }));
    }
  const evaluations = nodes.filter(({ kind }) => kind === "evaluate");
  nodes.push({
    name: "compare",
    kind: "compare",
    config: { names: evaluations.map(({ name }) => name.replace(/\/evaluate$/, "")) },
    inputs: { reports: evaluations.map(({ name }) => ({ node: name, output: "report" })) },
  });
  return nodes;
}

/** decode shards -> score -> evaluate, of one trained arm or of the base model alone. */
function measured(
  { task, model, divisions, decodeShards, maxNewTokens, sampling, seed }: ExperimentConfig,
  weights: object,
  { name, arm, train }: { name: string; arm?: ExperimentArm; train?: string },
): JobNode[] {
  const objectives = task.type === "tiny-world" ? task.objectives : task.objectives.length;
  const grid = preferenceGrid(objectives, divisions);
  const shards = Array.from({ length: decodeShards }, (_, index) => index);
  const decodes = shards.map((index): JobNode => ({
    name: `${name}/decode${decodeShards > 1 ? `-${index + 1}` : ""}`,
    kind: "decode",
    config: {
      decoding: {
        model,
        ...weights,
        sampling,
        maxNewTokens,
        seed,
        prompts: task.type === "tiny-world" ? `tiny-world:${task.testPrompts}` : task.prompts,
        ...(arm ? { checkpoint: "input:checkpoint", preferences: grid, strength: arm.strength } : {}),
      },
      shard: { index, count: decodeShards },
    },
    inputs: train ? { checkpoint: [{ node: train, output: "checkpoint" }] } : {},
  }));
  const method = arm ? (arm.training.method ?? "uniarm") : "base";
  return [
    ...decodes,
    {
      name: `${name}/score`,
      kind: "score",
      config: {
        scorer:
          task.type === "tiny-world"
            ? { type: "tiny-world", objectives: task.objectives }
            : { type: "reward-models", rewardModels: task.rewardModels },
      },
      inputs: { generations: decodes.map((decode) => ({ node: decode.name, output: "generations" })) },
    },
    {
      name: `${name}/evaluate`,
      kind: "evaluate",
      config: {
        name,
        method,
        protocol:
          task.type === "tiny-world"
            ? { type: "tiny-world", objectives: task.objectives, seed }
            : {
                type: "own",
                config: {
                  objectives: task.objectives,
                  normaliser: task.normaliser,
                  referencePoint: task.referencePoint,
                  seed,
                },
              },
        ...(arm ? {} : { unguidedAt: grid }),
      },
      inputs: { scores: [{ node: `${name}/score`, output: "scores" }] },
    },
  ];
}

/** The objectives that reward models are trained on. */
function objectivesOf({ task }: ExperimentConfig): ObjectiveList {
  return task.type === "files" ? task.objectives : tinyWorldObjectives(task.objectives);
}
