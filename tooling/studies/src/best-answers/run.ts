import { mkdir } from "node:fs/promises";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { createRandom, exists, openEngine, writeJsonLines } from "@uniarm/core";
import { planLaunch, STUDY_TEMPLATES, StudyConfig, type JobNode } from "@uniarm/pipeline/schema";
import { make } from "../make.ts";
import { measureBest } from "../measure-best.ts";
import { methodStudy } from "../method-study.ts";
import { BEST_ANSWERS_FOLDER, readSeed, sentenceOf, writeSeed } from "../results.ts";
import { bestAnswerPairs } from "./pairs.ts";

/**
 * pnpm study:best-answers --objectives 3 --seeds 0,1 [--methods NAME,NAME] [--output FOLDER]: trains the study's methods, those of the
 * template `capacity`, and UniARM with other modulations on the best answers that there are, in as many steps as the study gives
 * them. What is there is not made again.
 */
const { values } = parseArgs({
  options: {
    objectives: { type: "string", default: "2" },
    seeds: { type: "string", default: "0" },
    methods: { type: "string" },
    output: { type: "string", default: "runs/studies/best-answers" },
  },
});
/** UniARM's adapter with other modulations: of one bottleneck for all modules, about as many numbers in all; further apart at first; larger. */
const MODULATIONS = {
  "uniarm-shared": { rank: 14, alpha: 28, modulationGenerator: "shared" },
  "uniarm-init-3": { modulationInit: 3 },
  "uniarm-shared-init-3": { rank: 14, alpha: 28, modulationGenerator: "shared", modulationInit: 3 },
  "uniarm-13": { rank: 13, alpha: 26 },
};
const objectives = values.objectives === "3" ? 3 : 2;
const stop = new AbortController();
process.once("SIGINT", () => {
  stop.abort();
});

await openEngine();
for (const seed of values.seeds.split(",").map(Number)) await runSeed(seed);

async function runSeed(seed: number): Promise<void> {
  const config = studyOf(seed);
  const folder = resolve(values.output, `k${objectives}-seed${seed}`);
  const pairs = join(folder, "pairs.jsonl");
  await mkdir(folder, { recursive: true });
  if (!(await exists(pairs))) await writeJsonLines(pairs, bestAnswerPairs(objectives, createRandom(seed)));
  const names = config.methods.map(({ name }) => name);
  const asked = values.methods?.split(",") ?? names;
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`There is no method ${unknown}; there are ${names.join(", ")}.`);
  for (const method of asked) if (!stop.signal.aborted) await runMethod({ config, seed, folder, pairs, method });
}

/** The methods that are trained by imitation, small adapters, and UniARM with other modulations. */
function studyOf(seed: number): StudyConfig {
  const study = methodStudy(objectives, seed);
  const capacity = StudyConfig.parse(STUDY_TEMPLATES.find(({ name }) => name === "capacity")!.config);
  const byImitation = study.methods.filter(({ training }) => training.recipe === "imitation");
  const uniarm = byImitation.find(({ name }) => name === "uniarm")!;
  const modulated = Object.entries(MODULATIONS).map(([name, adapter]) => ({
    ...uniarm,
    name,
    training: { ...uniarm.training, adapter: { ...(uniarm.training.adapter as object), ...adapter } },
  }));
  return StudyConfig.parse({ ...study, methods: [...byImitation, ...capacity.methods, ...modulated] });
}

interface Asked {
  config: StudyConfig;
  seed: number;
  folder: string;
  pairs: string;
  method: string;
}

async function runMethod({ pairs, seed, ...about }: Asked): Promise<void> {
  const { config, folder, method } = about;
  const stored = await readSeed(objectives, seed, BEST_ANSWERS_FOLDER);
  if (stored?.results.some(({ name }) => name === method)) return;
  const node = trainingOf(config, method, pairs);
  const before = process.cpuUsage();
  if (!(await make([node], folder, stop.signal))) return;
  const { user, system } = process.cpuUsage(before);
  const measured = await measureBest({ ...about, signal: stop.signal }, Math.round((user + system) / 1e6));
  if (!measured) return;
  await writeSeed(
    {
      objectives,
      seed,
      machine: cpus()[0]!.model,
      protocol: measured.protocol,
      config: JSON.parse(JSON.stringify(config)) as Record<string, unknown>,
      results: [...(stored?.results ?? []), measured.result],
    },
    BEST_ANSWERS_FOLDER,
  );
  process.stdout.write(`k ${objectives}, seed ${seed}, best answers, ${sentenceOf(measured.result)}\n`);
}

/** The method's training on those pairs alone, as long as with its rounds. */
function trainingOf(config: StudyConfig, method: string, pairs: string): JobNode {
  const node = planLaunch("study", config).nodes.find(({ name }) => name === `${method}/train`)!;
  const { exploration, steps, ...rest } = node.config as {
    exploration: { rounds: number; roundSteps: number };
    steps: number;
  };
  const all = steps + exploration.rounds * exploration.roundSteps;
  return { ...node, config: { ...rest, steps: all, pairs }, inputs: {} };
}
