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
 * pnpm study:best-answers --objectives 3 [--methods NAME,NAME] [--output FOLDER]: trains the study's methods, and those of the
 * template `capacity`, on the best answers that there are, in as many steps as the study gives them. What is there is not made again.
 */
const { values } = parseArgs({
  options: {
    objectives: { type: "string", default: "2" },
    methods: { type: "string", default: "uniarm,parm,genarm,uniarm-2,parm-2,uniarm-1" },
    output: { type: "string", default: "runs/studies/best-answers" },
  },
});
const SEED = 0;
const objectives = values.objectives === "3" ? 3 : 2;
const folder = resolve(values.output, `k${objectives}`);
const stop = new AbortController();
process.once("SIGINT", () => {
  stop.abort();
});

await openEngine();
const study = methodStudy(objectives, SEED);
const capacity = StudyConfig.parse(STUDY_TEMPLATES.find(({ name }) => name === "capacity")!.config);
const config: StudyConfig = { ...study, methods: [...study.methods, ...capacity.methods] };
const pairs = join(folder, "pairs.jsonl");
await mkdir(folder, { recursive: true });
if (!(await exists(pairs))) await writeJsonLines(pairs, bestAnswerPairs(objectives, createRandom(SEED)));
for (const method of values.methods.split(",")) if (!stop.signal.aborted) await runMethod(method);

async function runMethod(method: string): Promise<void> {
  const stored = await readSeed(objectives, SEED, BEST_ANSWERS_FOLDER);
  if (stored?.results.some(({ name }) => name === method)) return;
  const node = trainingOf(method);
  const before = process.cpuUsage();
  if (!(await make([node], folder, stop.signal))) return;
  const { user, system } = process.cpuUsage(before);
  const measured = await measureBest(
    { config, folder, method, signal: stop.signal },
    Math.round((user + system) / 1e6),
  );
  if (!measured) return;
  await writeSeed(
    {
      objectives,
      seed: SEED,
      machine: cpus()[0]!.model,
      protocol: measured.protocol,
      config: {},
      results: [...(stored?.results ?? []), measured.result],
    },
    BEST_ANSWERS_FOLDER,
  );
  process.stdout.write(`k ${objectives}, best answers, ${sentenceOf(measured.result)}\n`);
}

/** The method's training on those pairs alone, as long as with its rounds. */
function trainingOf(method: string): JobNode {
  const node = planLaunch("study", config).nodes.find(({ name }) => name === `${method}/train`);
  if (!node)
    throw new Error(`The study has no method ${method}; it has ${config.methods.map(({ name }) => name).join(", ")}.`);
  const { exploration, steps, ...rest } = node.config as {
    exploration: { rounds: number; roundSteps: number };
    steps: number;
  };
  const all = steps + exploration.rounds * exploration.roundSteps;
  return { ...node, config: { ...rest, steps: all, pairs }, inputs: {} };
}
