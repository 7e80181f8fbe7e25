import { preferenceGrid } from "@uniarm/core/schema";
import { tinyWorldObjectives } from "@uniarm/tiny-world/schema";
import { canonicalJson } from "./canonical-json.ts";
import type { WorkKind } from "./kinds.ts";
import type { Path } from "./path.ts";
import { BASE, type StudyConfig, type StudyMethod } from "./study.ts";
import { objectivesOf } from "./study-descriptions.ts";
import { judgedObjectives } from "./study-judging.ts";
import { marginMethodOf } from "./study-margins.ts";
import { choosesStrength, comparesWithBase, strengthRuleOf, strengthPromptsOf } from "./study-strengths.ts";

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
        leaveOutValidation: methods.some(({ training, strengths }) => explores(training) || strengths !== undefined),
        maxNewTokens: config.maxNewTokens,
        seed,
      },
    });
  const measuredNames: string[] = [];
  const measure = (what: Omit<Measured, "prompts">): void => {
    nodes.push(...measured(config, weights, { ...what, prompts: testPromptsOf(task) }));
    measuredNames.push(what.name);
  };
  const base = config.unguided ? BASE : null;
  if (base !== null) measure({ name: base });
  nodes.push(...validatedBase(config, weights));
  const training = trainNodes(config, weights);
  for (const method of methods)
    for (const trainingSeed of seeds) {
      const { fresh, train } = training(method, trainingSeed);
      const name = nameAt(config, method, trainingSeed);
      const choice = choiceNodes(config, weights, { name, method, train });
      nodes.push(...fresh, ...choice);
      measure({ name, steered: { method, train, strength: choice.at(-1)?.name ?? method.strength }, base });
      nodes.push(...judgeNodes(config, name));
    }
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
      reports: measuredNames.map((name) => ({ node: `${name}/evaluate`, output: "report" })),
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
function explorationOf({ task, maxNewTokens, seed }: StudyConfig, method: StudyMethod): object {
  const { training, strength } = method;
  const scorer = scorerOf(task);
  const its = {
    ...(choosesStrength(method) ? {} : { validationStrength: strength }),
    ...(training.exploration as object),
    maxNewTokens,
    scorer,
  };
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

/** The base model's answers to validation prompts, which a bound on fluency compares with. */
const VALIDATED_BASE = `${BASE}/validation`;

function validatedBase(config: StudyConfig, weights: object): JobNode[] {
  if (!comparesWithBase(config)) return [];
  const nodes = measured(config, weights, { name: VALIDATED_BASE, prompts: strengthPromptsOf(config) });
  return nodes.filter(({ kind }) => kind !== "evaluate"); // it stands beside the fronts of the strengths
}

/** Each strength of a method on validation prompts, and at last the node that chooses one; none where there is no choice. */
function choiceNodes(
  config: StudyConfig,
  weights: object,
  { name, method, train }: { name: string; method: StudyMethod; train: string },
): JobNode[] {
  const { strengths = [] } = method;
  if (!choosesStrength(method)) return [];
  const names = strengths.map((strength) => `${name}/strength-${strength}`);
  const fronts = strengths.flatMap((strength, index) =>
    measured(config, weights, {
      name: names[index]!,
      front: `${name} at strength ${strength}, validation`,
      prompts: strengthPromptsOf(config),
      steered: { method, train, strength },
      base: comparesWithBase(config) ? VALIDATED_BASE : null,
    }),
  );
  const choose: JobNode = {
    name: `${name}/choose`,
    kind: "choose",
    config: { strengths, rule: strengthRuleOf(config) },
    inputs: { reports: names.map((one) => ({ node: `${one}/evaluate`, output: "report" })) },
  };
  return [...fronts, choose];
}

/** Win rates of a method's answers against the base model's, beside the scorer's view of the same pairs. */
function judgeNodes(config: StudyConfig, name: string): JobNode[] {
  const { judging, task, seed } = config;
  if (!judging) return [];
  const objectives = judgedObjectives(config);
  const scored = task.type === "tiny-world" ? tinyWorldObjectives(task.objectives) : task.objectives;
  const agrees = objectives.some((objective) => scored.some((one) => one.name === objective.name));
  const generationsOf = (whose: string) => decodeNames(config, whose).map((node) => ({ node, output: "generations" }));
  return [
    {
      name: `${name}/judge`,
      kind: "judge",
      writtenAt: ["judging"],
      config: {
        ...judging,
        objectives,
        seed,
        ...(agrees ? { scores: "input:scores", opponentScores: "input:opponentScores" } : {}),
      },
      inputs: {
        generations: generationsOf(name),
        opponent: generationsOf(BASE),
        ...(agrees
          ? {
              scores: [{ node: `${name}/score`, output: "scores" }],
              opponentScores: [{ node: `${BASE}/score`, output: "scores" }],
            }
          : {}),
      },
    },
  ];
}

/** The nodes that answer, one a part of the prompts. */
function decodeNames({ decodeShards, decodeShardsOf = {} }: StudyConfig, whose: string): string[] {
  const shards = decodeShardsOf[whose] ?? decodeShards;
  return Array.from({ length: shards }, (_, index) => `${whose}/decode${shards > 1 ? `-${index + 1}` : ""}`);
}

/** Answers that are measured: who gives them, to what. */
interface Measured {
  /** of its nodes */
  name: string;
  prompts: string;
  /** the base model alone where it is absent */
  steered?: Steered;
  /** whose answers to the same prompts stand beside them; null: nobody's */
  base?: string | null;
  /** what the front is called; default: as its nodes */
  front?: string;
}

interface Steered {
  method: StudyMethod;
  train: string;
  /** a number, or the node that chooses it */
  strength: number | string;
}

const testPromptsOf = (task: StudyConfig["task"]): string =>
  task.type === "tiny-world" ? `tiny-world:${task.testPrompts}` : task.prompts;

/** decode shards -> score -> evaluate. */
function measured(
  config: StudyConfig,
  weights: object,
  { name, prompts, steered, base = null, front }: Measured,
): JobNode[] {
  const { task, model, methods, divisions, maxNewTokens, sampling, seed } = config;
  const method = steered?.method;
  const objectives = task.type === "tiny-world" ? task.objectives : task.objectives.length;
  const grid = preferenceGrid(objectives, divisions);
  const samples = samplesOf(methods);
  const isSearched = method?.decoding?.beams !== undefined;
  const chooser = typeof steered?.strength === "string" ? steered.strength : null;
  const decodes = decodeNames(config, name).map((decode, index, { length }): JobNode => ({
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
        ...(steered ? { checkpoint: "input:checkpoint", preferences: grid } : {}),
        ...(typeof steered?.strength === "number" ? { strength: steered.strength } : {}),
        ...(steersAnother(method, model) ? { armModel: method.armModel } : {}),
      },
      ...(chooser === null ? {} : { strengthFrom: "input:strength" }),
      shard: { index, count: length },
    },
    inputs: {
      ...(steered ? { checkpoint: [{ node: steered.train, output: "checkpoint" }] } : {}),
      ...(chooser === null ? {} : { strength: [{ node: chooser, output: "strength" }] }),
    },
  }));
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
        name: front ?? name,
        method: methodName,
        protocol: protocolOf(task, seed),
        conditions: {
          ...(task.type === "tiny-world" ? { split: prompts } : {}), // the place of a file is not what is in it
          decoding: JSON.stringify({ ...sampling, maxNewTokens }),
          samples,
          scorer: JSON.stringify(scorerOf(task)),
        },
        ...(method ? { sampling } : { unguidedAt: grid }), // the base model's divergence from itself is nothing to estimate
        generations: ["input:generations"],
        ...(base === null ? {} : { baseScores: "input:baseScores", baseGenerations: ["input:baseGenerations"] }),
      },
      inputs: {
        scores: [{ node: `${name}/score`, output: "scores" }],
        generations,
        ...(base === null
          ? {}
          : {
              baseScores: [{ node: `${base}/score`, output: "scores" }],
              baseGenerations: decodeNames(config, base).map((node) => ({ node, output: "generations" })),
            }),
      },
    },
  ];
}
