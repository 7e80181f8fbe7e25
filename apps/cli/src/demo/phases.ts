import { existsSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "@uniarm/core";
import {
  DecodingConfig,
  EvaluationConfig,
  EvaluationReport,
  preferenceGrid,
  TrainingConfig,
  type Generation,
  type ObjectiveList,
  type PreferenceVector,
  type RunEvent,
  type Score,
} from "@uniarm/core/schema";
import { decode } from "@uniarm/decoder";
import { evaluate, score } from "@uniarm/eval";
import {
  makePairs,
  scoreBatch,
  stratumOf,
  testPrompts,
  tinyWorldProtocol,
  trainingPromptDraws,
  type ResponsePair,
} from "@uniarm/tiny-world";
import { train } from "@uniarm/trainer";
import { consume } from "../consume.ts";
import { writeJsonLines } from "../json-lines.ts";
import type { Progress } from "../progress.ts";
import type { DemoConfig } from "./config.ts";
import type { Recorder } from "./record.ts";
import { baseWeightsOf, GRID_DIVISIONS, MAX_NEW_TOKENS, trainingRecipe } from "./recipe.ts";

/** What the phases of one demo share. A phase whose file is in `folder` already is not done again. */
export interface Demo {
  config: DemoConfig;
  folder: string;
  model: string;
  objectives: ObjectiveList;
  progress: Progress;
  json: boolean;
  signal: AbortSignal;
  recorder: Recorder;
}

/** Two base samples per drawn training prompt, scored exactly, with a winner per objective -> pairs.jsonl. */
export async function makePairsFile(demo: Demo): Promise<void> {
  const path = join(demo.folder, "pairs.jsonl");
  if (existsSync(path)) return;
  const random = createRandom(demo.config.seed).fork("pairs");
  const prompts = trainingPromptDraws(demo.config.pairs, random);
  const generations = await generationsOf(demo, "sample pairs", {
    model: demo.model,
    prompts,
    sampling: { temperature: 1 },
    samplesPerPrompt: 2,
    maxNewTokens: MAX_NEW_TOKENS,
    batchRows: 1000,
    seed: demo.config.seed,
  });
  await writeJsonLines(path, makePairs(pairUp(generations), demo.objectives));
}

/** Trains the reward model on pairs.jsonl -> training/. Resolves to null when it was interrupted. */
export async function trainRewardModel(demo: Demo): Promise<string | null> {
  const output = join(demo.folder, "training");
  const files = { model: demo.model, pairs: join(demo.folder, "pairs.jsonl"), output };
  const config = TrainingConfig.parse(trainingRecipe(demo.config, files, demo.objectives));
  const resume = existsSync(join(output, "config.json"));
  const events = train(config, { signal: demo.signal, resume });
  const last = await consume(events, { ...demo, onEvent: (event) => demo.recorder.event(event) });
  return last?.type === "stopped" ? null : output;
}

/** Held-out prompts under every preference vector, or unguided when `checkpoint` is null -> generations. */
export async function answer(demo: Demo, checkpoint: string | null): Promise<Generation[]> {
  const guided =
    checkpoint === null
      ? {}
      : { checkpoint, preferences: demoPreferences(demo.config), strength: demo.config.strength };
  return generationsOf(demo, checkpoint === null ? "answer as base" : "answer, steered", {
    model: demo.model,
    prompts: testPrompts(demo.config.testPrompts),
    ...guided,
    maxNewTokens: MAX_NEW_TOKENS,
    output: join(demo.folder, checkpoint === null ? "base-generations.jsonl" : "generations.jsonl"),
    seed: demo.config.seed,
  });
}

/** Exact rewards of generations, each with its prompt's hazard level as stratum. */
export async function scoreGenerations(demo: Demo, generations: Generation[]): Promise<Score[]> {
  const scores: Score[] = [];
  for await (const one of score(generations, scoreBatch, demo.objectives, stratumOf)) scores.push(one);
  return scores;
}

/** Front, hypervolume, MIP and intervals under tiny-world's frozen protocol. */
export async function report(demo: Demo, scores: Score[]): Promise<EvaluationReport> {
  const protocol = tinyWorldProtocol(demo.config.objectives);
  const config = EvaluationConfig.parse({ objectives: demo.objectives, ...protocol, seed: demo.config.seed });
  let found: EvaluationReport | null = null;
  await consume(evaluate(config, scores, { signal: demo.signal }), {
    ...demo,
    onEvent: (event: RunEvent) => {
      if (event.type === "report") found = event.report;
    },
  });
  return EvaluationReport.parse(found);
}

export function demoPreferences(config: DemoConfig): PreferenceVector[] {
  return preferenceGrid(config.objectives, GRID_DIVISIONS[config.objectives]);
}

async function generationsOf(demo: Demo, label: string, input: object): Promise<Generation[]> {
  const generations: Generation[] = [];
  const config = DecodingConfig.parse({ ...baseWeightsOf(demo.config), ...input });
  await consume(decode(config, { signal: demo.signal }), {
    ...demo,
    label,
    onEvent: (event: RunEvent) => {
      if (event.type === "generation") generations.push(event.generation);
    },
  });
  demo.signal.throwIfAborted();
  return generations;
}

function pairUp(generations: Generation[]): ResponsePair[] {
  const byPrompt = Map.groupBy(generations, (generation) => generation.promptId);
  return [...byPrompt.values()].map((samples) => {
    const [first, second] = samples.toSorted((one, other) => one.sample - other.sample);
    return { prompt: first!.prompt, responses: [first!.text, second!.text] };
  });
}
