import { join } from "node:path";
import { openEngine } from "@uniarm/core";
import { planLaunch, type JobNode } from "@uniarm/pipeline/schema";
import { studyArguments } from "./arguments.ts";
import { make, makeTraining } from "./make.ts";
import { measureBest } from "./measure-best.ts";
import { methodStudy } from "./method-study.ts";
import { addResult, keptOf, sentenceOf } from "./results.ts";

/**
 * pnpm study:method --objectives 2 --seeds 0,1,2 [--methods NAME,NAME] [--output FOLDER]: trains the study's methods at each
 * seed, chooses each one's strength on validation prompts, and keeps its figures on the test prompts below
 * docs/studies/method. What the folder has is not made again.
 */
const { objectives, seeds, methodsOf, output, signal } = studyArguments(process.argv.slice(2), "runs/studies/method");
await openEngine();
for (const seed of seeds)
  for (const name of methodsOf(methodStudy(objectives, seed).methods.map((method) => method.name)))
    if (!signal.aborted) await runMethod(seed, name);

async function runMethod(seed: number, name: string): Promise<void> {
  const config = methodStudy(objectives, seed);
  const kept = await keptOf(config, objectives);
  if (kept?.results.some((result) => result.name === name)) return;
  const folder = join(output, `k${objectives}-seed${seed}`);
  const nodes = producersOf(`${name}/train`, planLaunch("study", config).nodes);
  if (!(await make(nodes.slice(0, -1), folder, signal))) return;
  const trained = await makeTraining(nodes, folder, signal);
  if (!trained) return;
  const measured = await measureBest({ config, folder, method: name, signal }, trained.cpuSeconds);
  if (!measured) return;
  const { result, protocol } = measured;
  await addResult({ config, objectives, protocol }, result);
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
