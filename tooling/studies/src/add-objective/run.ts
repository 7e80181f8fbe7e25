import { cpus } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { openEngine } from "@uniarm/core";
import { DESIGN } from "./design.ts";
import { readResults, writeResults } from "./results.ts";
import { runSeed } from "./run-seed.ts";

/**
 * pnpm study:add-objective --seeds 0,1 [--output FOLDER]: trains UniARM on two objectives of tiny-world, adds the third in each
 * way, and keeps the fronts in docs/studies/add-objective.json. What the folder has is not made again.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "0" },
    output: { type: "string", default: "runs/studies/add-objective" },
  },
});
const stop = new AbortController();
process.once("SIGINT", () => {
  stop.abort();
});
await openEngine();
for (const seed of values.seeds.split(",").map(Number)) {
  const arms = await runSeed(seed, join(values.output, `seed${seed}`), stop.signal);
  if (!arms) break;
  const before = await readResults();
  const design = JSON.parse(JSON.stringify(DESIGN)) as Record<string, unknown>;
  const kept = before && isDeepStrictEqual(before.design, design) ? before.seeds : [];
  const seeds = [...kept.filter((one) => one.seed !== seed), { seed, arms }].sort((a, b) => a.seed - b.seed);
  await writeResults({ design, machine: cpus()[0]!.model, seeds });
}
