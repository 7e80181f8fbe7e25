import { preferenceGrid } from "@uniarm/core/schema";
import { canonicalJson } from "./canonical-json.ts";
import type { WorkKind } from "./kinds.ts";
import type { Path } from "./path.ts";
import { BASE, type StudyConfig, type StudyMethod } from "./study.ts";
import { objectivesOf } from "./study-descriptions.ts";
import { marginMethodOf } from "./study-margins.ts";

/** One run of a study's graph; `inputs` name what other nodes put out. */
export interface JobNode {
  name: string;
  kind: WorkKind;
  config: unknown;
  inputs: Record<string, { node: string; output: string }[]>;
  /** the setting of the study that its own settings are written in */
  writtenAt?: Path;
}

/** The graph of a study, producers before consumers. Configs are still to be parsed by their job's schema. */
export function studyGraph(config: StudyConfig): JobNode[] {
  const { task, methods, seeds, model, seed } = config;
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
        leaveOutValidation: methods.some(({ training }) => explores(training)),
        maxNewTokens: config.maxNewTokens,
        seed,
      },
    });
  if (config.unguided) nodes.push(...measured(config, weights, { name: BASE }));
  const training = trainNodes(config, weights);
  for (const method of methods)
    for (const trainingSeed of seeds) {
      const { fresh, train } = training(method, trainingSeed);
      nodes.push(...fresh, ...measured(config, weights, { name: nameAt(config, method, trainingSeed), method, train }));
    }
  const evaluations = nodes.filter(({ kind }) => kind === "evaluate");
  const measuredNames = evaluations.map(({ name }) => name.replace(/\/evaluate$/, ""));
  nodes.push({
    name: "compare",
    kind: "compare",
    config: {
      names: measuredNames,
      scores: ["input:scores"],
      runs: [
        ...(config.unguided ? [{ method: BASE, seed: null }] : []),
        ...methods.flatMap(({ name }) => seeds.map((trainingSeed) => ({ method: name, seed: trainingSeed }))),
      ],
      ...(task.type === "tiny-world" ? { optimum: "tiny-world" } : {}),
    },
    inputs: {
      reports: evaluations.map(({ name }) => ({ node: name, output: "report" })),
      scores: measuredNames.map((name) => ({ node: `${name}/score`, output: "scores" })),
    },
  });
  return nodes;
}

/** What a method's folder, front and nodes are called at a seed. */
export const nameAt = ({ seeds }: StudyConfig, { name }: StudyMethod, seed: number): string =>
  seeds.length > 1 ? `${name}/${seed}` : name;

/**
 * The node that trains a method at a seed, with those that are not in the graph yet, producers first. Methods that are
 * trained with equal settings share one, which is called after the first: they are one training that is decoded in two ways.
 */
function trainNodes(
  config: StudyConfig,
  weights: object,
): (method: StudyMethod, seed: number) => { train: string; fresh: JobNode[] } {
  const made = new Map<string, string>();
  const { task, methods, model } = config;
  const nodesFor = (method: StudyMethod, seed: number): { train: string; fresh: JobNode[] } => {
    const margins = marginMethodOf(config, method);
    const before = margins && nodesFor(margins, seed);
    const node: JobNode = {
      name: `${nameAt(config, method, seed)}/train`,
      kind: "train",
      writtenAt: ["methods", methods.indexOf(method), "training"],
      config: {
        ...weights,
        ...method.training,
        ...(explores(method.training) ? { exploration: explorationOf(config, method) } : {}),
        ...(before ? { marginFrom: "input:margins" } : {}),
        model: method.armModel ?? model,
        objectives: objectivesOf(config, method),
        seed,
        pairs: task.type === "tiny-world" ? "input:pairs" : task.pairs,
      },
      inputs: {
        ...(task.type === "tiny-world" ? { pairs: [{ node: "pairs", output: "pairs" }] } : {}),
        ...(before ? { margins: [{ node: before.train, output: "checkpoint" }] } : {}),
      },
    };
    const key = canonicalJson([node.config, node.inputs]);
    const known = made.get(key);
    if (known !== undefined) return { train: known, fresh: [] };
    made.set(key, node.name);
    return { train: node.name, fresh: [...(before?.fresh ?? []), node] };
  };
  return nodesFor;
}

/** Whether the method's ARM is of another model than the one that it steers. */
export const steersAnother = (method: StudyMethod | undefined, model: string): method is StudyMethod =>
  method?.armModel !== undefined && method.armModel !== model;

/** Whether a method makes data of its own. */
const explores = (training: StudyMethod["training"]): boolean =>
  typeof training.exploration === "object" && training.exploration !== null;

/** A method's rounds, scored as the study's answers are; on tiny-world each round's front is measured. */
function explorationOf({ task, maxNewTokens, seed }: StudyConfig, { training, strength }: StudyMethod): object {
  const scorer = scorerOf(task);
  const its = { validationStrength: strength, ...(training.exploration as object), maxNewTokens, scorer };
  if (task.type !== "tiny-world")
    return "validationPrompts" in its ? { ...its, protocol: protocolOf(task, seed) } : its;
  return { validationPrompts: "tiny-world:validation", ...its, protocol: protocolOf(task, seed) };
}

const scorerOf = (task: StudyConfig["task"]): object =>
  task.type === "tiny-world"
    ? { type: "tiny-world", objectives: task.objectives }
    : task.programs === undefined
      ? { type: "reward-models", rewardModels: task.rewardModels }
      : { type: "program", programs: task.programs, rewardModels: task.rewardModels };

const protocolOf = (task: StudyConfig["task"], seed: number): object =>
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
      };

/** How many answers to a prompt all methods give, and so the base model. */
const samplesOf = (methods: StudyConfig["methods"]): number => Number(methods[0]!.decoding?.samplesPerPrompt ?? 1);

/** decode shards -> score -> evaluate, of one trained method or of the base model alone. */
function measured(
  { task, model, methods, divisions, decodeShards, maxNewTokens, sampling, seed, unguided }: StudyConfig,
  weights: object,
  { name, method, train }: { name: string; method?: StudyMethod; train?: string },
): JobNode[] {
  const objectives = task.type === "tiny-world" ? task.objectives : task.objectives.length;
  const grid = preferenceGrid(objectives, divisions);
  const prompts = task.type === "tiny-world" ? `tiny-world:${task.testPrompts}` : task.prompts;
  const shards = Array.from({ length: decodeShards }, (_, index) => index);
  const samples = samplesOf(methods);
  const isSearched = method?.decoding?.beams !== undefined;
  const decodesOf = (whose: string): string[] =>
    shards.map((index) => `${whose}/decode${decodeShards > 1 ? `-${index + 1}` : ""}`);
  const decodes = decodesOf(name).map((decode, index): JobNode => ({
    name: decode,
    kind: "decode",
    ...(method ? { writtenAt: ["methods", methods.indexOf(method)] } : {}),
    config: {
      decoding: {
        ...(isSearched ? {} : { baseLogProbs: true }), // beam search reads none
        ...method?.decoding,
        model,
        ...weights,
        sampling,
        maxNewTokens,
        seed,
        prompts,
        ...(method || samples === 1 ? {} : { samplesPerPrompt: samples }),
        ...(method ? { checkpoint: "input:checkpoint", preferences: grid, strength: method.strength } : {}),
        ...(steersAnother(method, model) ? { armModel: method.armModel } : {}),
      },
      shard: { index, count: decodeShards },
    },
    inputs: train ? { checkpoint: [{ node: train, output: "checkpoint" }] } : {},
  }));
  const besideBase = unguided && method !== undefined;
  const generations = decodes.map((decode) => ({ node: decode.name, output: "generations" }));
  const methodName = method ? (method.training.method ?? "uniarm") : BASE;
  return [
    ...decodes,
    {
      name: `${name}/score`,
      kind: "score",
      config: {
        scorer: scorerOf(task),
      },
      inputs: { generations },
    },
    {
      name: `${name}/evaluate`,
      kind: "evaluate",
      config: {
        name,
        method: methodName,
        protocol: protocolOf(task, seed),
        conditions: {
          ...(task.type === "tiny-world" ? { split: prompts } : {}), // the place of a file is not what is in it
          decoding: JSON.stringify({ ...sampling, maxNewTokens }),
          samples,
          scorer: JSON.stringify(scorerOf(task)),
        },
        ...(method ? {} : { unguidedAt: grid }),
        generations: ["input:generations"],
        ...(besideBase ? { baseScores: "input:baseScores", baseGenerations: ["input:baseGenerations"] } : {}),
      },
      inputs: {
        scores: [{ node: `${name}/score`, output: "scores" }],
        generations,
        ...(besideBase
          ? {
              baseScores: [{ node: `${BASE}/score`, output: "scores" }],
              baseGenerations: decodesOf(BASE).map((node) => ({ node, output: "generations" })),
            }
          : {}),
      },
    },
  ];
}
