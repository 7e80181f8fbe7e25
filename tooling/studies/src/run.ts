import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { openEngine } from "@uniarm/core";
import { planLaunch, StudyConfig, type JobNode, type StudyMethod } from "@uniarm/pipeline/schema";
import { make } from "./make.ts";
import { measureBest } from "./measure-best.ts";
import { methodStudy } from "./method-study.ts";
import { readSeed, sentenceOf, writeSeed } from "./results.ts";

/**
 * pnpm study:method --objectives 2 --seeds 0,1,2 [--methods NAME,NAME] [--output FOLDER]: trains the study's methods at each
 * seed, chooses each one's strength on validation prompts, and keeps its figures on the test prompts below
 * docs/studies/method. What the folder has is not made again.
 */
const { values } = parseArgs({
  options: {
    objectives: { type: "string", default: "2" },
    seeds: { type: "string", default: "0" },
    methods: { type: "string" },
    output: { type: "string", default: "runs/studies/method" },
  },
});
const objectives = values.objectives === "3" ? 3 : 2;
const stop = new AbortController();
process.once("SIGINT", () => {
  stop.abort();
});
await openEngine();
for (const seed of values.seeds.split(",").map(Number)) {
  const { methods } = methodStudy(objectives, seed);
  for (const method of methods)
    if (values.methods?.split(",").includes(method.name) ?? true)
      if (!stop.signal.aborted) await runMethod(seed, method);
}

async function runMethod(seed: number, { name }: StudyMethod): Promise<void> {
  const config = methodStudy(objectives, seed);
  const shown = JSON.parse(JSON.stringify(config)) as Record<string, unknown>;
  const stored = await readSeed(objectives, seed);
  const kept = stored && isDeepStrictEqual(StudyConfig.parse(stored.config), config) ? stored : null;
  if (kept?.results.some((result) => result.name === name)) return;
  const folder = join(values.output, `k${objectives}-seed${seed}`);
  const nodes = producersOf(`${name}/train`, planLaunch("study", config).nodes);
  if (!(await make(nodes.slice(0, -1), folder, stop.signal))) return;
  const isFresh = !existsSync(join(folder, name, "train"));
  const before = process.cpuUsage();
  if (!(await make(nodes, folder, stop.signal))) return;
  const { user, system } = process.cpuUsage(before);
  const trainingCpuSeconds = isFresh ? Math.round((user + system) / 1e6) : null;
  const measured = await measureBest({ config, folder, method: name, signal: stop.signal }, trainingCpuSeconds);
  if (!measured) return;
  const { result, protocol } = measured;
  await writeSeed({
    objectives,
    seed,
    machine: cpus()[0]!.model,
    protocol,
    config: shown,
    results: [...(kept?.results ?? []), result],
  });
  process.stdout.write(`k ${objectives}, seed ${seed}, ${sentenceOf(result)}\n`);
}

/** A node with all that it reads, in the order of the graph. */
function producersOf(name: string, nodes: readonly JobNode[]): JobNode[] {
  const wanted = new Set([name]);
  for (const node of nodes.toReversed())
    if (wanted.has(node.name))
      for (const inputs of Object.values(node.inputs)) for (const input of inputs) wanted.add(input.node);
  return nodes.filter((node) => wanted.has(node.name));
}
