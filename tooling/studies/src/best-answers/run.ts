import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createRandom, exists, openEngine, writeJsonLines } from "@uniarm/core";
import { planLaunch, type JobNode, type StudyConfig } from "@uniarm/pipeline/schema";
import { studyArguments } from "../arguments.ts";
import { makeTraining } from "../make.ts";
import { measureBest } from "../measure-best.ts";
import { addResult, BEST_ANSWERS_FOLDER, keptOf, sentenceOf } from "../results.ts";
import { bestAnswerPairs } from "./pairs.ts";
import { bestAnswersStudy } from "./study.ts";

/**
 * pnpm study:best-answers --objectives 3 --seeds 0,1 [--methods NAME,NAME] [--output FOLDER]: trains the study's methods, those of the
 * template `capacity`, and UniARM with other modulations on the best answers that there are, in as many steps as the study gives
 * them. What is there is not made again.
 */
const { objectives, seeds, methodsOf, output, signal } = studyArguments(
  process.argv.slice(2),
  "runs/studies/best-answers",
);
await openEngine();
for (const seed of seeds) await runSeed(seed);

async function runSeed(seed: number): Promise<void> {
  const config = bestAnswersStudy(objectives, seed);
  const folder = resolve(output, `k${objectives}-seed${seed}`);
  const pairs = join(folder, "pairs.jsonl");
  await mkdir(folder, { recursive: true });
  if (!(await exists(pairs))) await writeJsonLines(pairs, bestAnswerPairs(objectives, createRandom(seed)));
  const methods = methodsOf(config.methods.map(({ name }) => name));
  for (const method of methods) if (!signal.aborted) await runMethod({ config, folder, pairs, method });
}

interface Asked {
  config: StudyConfig;
  folder: string;
  pairs: string;
  method: string;
}

async function runMethod({ pairs, ...about }: Asked): Promise<void> {
  const { config, folder, method } = about;
  const kept = await keptOf(config, objectives, BEST_ANSWERS_FOLDER);
  if (kept?.results.some(({ name }) => name === method)) return;
  const trained = await makeTraining([trainingOf(config, method, pairs)], folder, signal);
  if (!trained) return;
  const measured = await measureBest({ ...about, signal }, trained.cpuSeconds);
  if (!measured) return;
  const { result, protocol } = measured;
  await addResult({ config, objectives, protocol }, result, BEST_ANSWERS_FOLDER);
  process.stdout.write(`k ${objectives}, seed ${config.seed}, best answers, ${sentenceOf(result)}\n`);
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
