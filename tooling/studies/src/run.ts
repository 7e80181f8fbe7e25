import { cpus } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { loadCheckpoint, openEngine } from "@uniarm/core";
import { readReport, runStudy, type GraphEvent } from "@uniarm/pipeline";
import { planLaunch } from "@uniarm/pipeline/schema";
import { methodStudy } from "./method-study.ts";
import { readSeed, writeSeed, type Result } from "./results.ts";

/**
 * pnpm study:method --objectives 2 --seeds 0,1,2 [--methods NAME,NAME] [--output FOLDER]: runs the study at each seed and keeps its figures
 * below docs/studies/method. What the folder has is not made again.
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
/** Stops at the first Ctrl-C; the next call goes on. */
const stop = new AbortController();
process.once("SIGINT", () => {
  stop.abort();
});
await openEngine();
for (const seed of values.seeds.split(",").map(Number)) {
  if (stop.signal.aborted) break;
  await runSeed(seed);
}

async function runSeed(seed: number): Promise<void> {
  const whole = methodStudy(objectives, seed);
  const wanted = values.methods?.split(",");
  const methods = whole.methods.filter(({ name }) => wanted?.includes(name) ?? true);
  const plan = planLaunch("study", { ...whole, methods });
  const folder = join(values.output, `k${objectives}-seed${seed}`);
  const seconds = new Map<string, number>();
  const events = runStudy({ config: plan.config, nodes: plan.nodes }, { folder, signal: stop.signal });
  let [began, at] = [Date.now(), ""];
  for (;;) {
    const next = await events.next();
    if (next.done) {
      if (next.value === "stopped") return;
      break;
    }
    const { node, event }: GraphEvent = next.value;
    if (node.name !== at) [began, at] = [Date.now(), node.name];
    if (event.type === "ended") seconds.set(node.name, (Date.now() - began) / 1000);
    if (event.type === "report") process.stdout.write(`k ${objectives}, seed ${seed}, ${node.name}: ${event.name}\n`);
  }
  const before = await readSeed(objectives, seed);
  const kept = before && isDeepStrictEqual(before.config, shown(whole)) ? before.results : [];
  const added: Result[] = [];
  let protocol = before?.protocol ?? "";
  for (const { name, strength } of methods) {
    const trainingSeconds = seconds.get(`${name}/train`);
    if (trainingSeconds === undefined) continue; // made before: its figures were added then
    const { arms } = await loadCheckpoint(join(folder, name, "train"));
    const { report } = await readReport(join(folder, name, "evaluate/report.json"));
    protocol = report.protocolHash;
    added.push({
      name,
      strength,
      parameters: arms.flatMap(({ tensors }) => Object.values(tensors)).reduce((sum, { size }) => sum + size, 0),
      passes: 1 + arms.length,
      trainingSeconds: Math.round(trainingSeconds),
      hypervolume: report.front.hypervolume.value,
      meanInnerProduct: report.front.meanInnerProduct.value,
    });
    for (const arm of arms) arm.dispose();
  }
  const results = [...kept.filter(({ name }) => added.every((one) => one.name !== name)), ...added];
  await writeSeed({ objectives, seed, machine: cpus()[0]!.model, protocol, config: shown(whole), results });
}

/** As JSON has it. */
const shown = (config: object): Record<string, unknown> =>
  JSON.parse(JSON.stringify(config)) as Record<string, unknown>;
