/**
 * `pnpm bench:slurm`: what a run costs beside its work, as a job of Slurm (a cluster of this machine, from Debian's packages)
 * and as a process of a worker: from the launch to its end, less the second that its work takes. One after the other, and
 * many at once, which go in one array.
 *   --runs N          one after the other (default 8)
 *   --many N          at once (default 24)
 *   --json FILE       the figures
 *   --markdown FILE   puts the table between the document's overhead marks
 */
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { openSlurmSite, startPlatform, untilRun, withoutSlurm, type Platform } from "@uniarm/cli/testing";
import { markdownTable, putBetweenMarks, summaryOf } from "@uniarm/bench";

const { values: flags } = parseArgs({
  options: {
    runs: { type: "string", default: "8" },
    many: { type: "string", default: "24" },
    json: { type: "string" },
    markdown: { type: "string" },
  },
});
const WORK = { steps: 4, stepMs: 250, checkpointEvery: 1000 };
const WORK_SECONDS = 1;
/** Of the cluster and of the worker, so that many at once wait for the same. */
const SLOTS = 4;

interface Overheads {
  where: string;
  /** seconds beside its work, of each */
  alone: number[];
  /** seconds of a slot beside the work of one run, while many are at work */
  amongMany: number;
}

if (withoutSlurm !== null) throw new Error(withoutSlurm);
const figures: Overheads[] = [];
const server = await startPlatform({ flags: ["--slots", String(SLOTS)] });
try {
  figures.push(await overheads("a worker's process", server));
} finally {
  await server.stop();
  await server.remove();
}
const site = await openSlurmSite({ size: { cpus: SLOTS / 2 } });
try {
  figures.push(await overheads("a job of Slurm", site.platform));
} finally {
  await site.stop();
}
const table = render();
process.stdout.write(`${table}\n`);
if (flags.json) writeFileSync(flags.json, `${JSON.stringify(figures, null, 2)}\n`);
if (flags.markdown) putBetweenMarks(flags.markdown, "overhead", table);

async function overheads(where: string, platform: Platform): Promise<Overheads> {
  await seconds(platform, 1); // what is opened for the first time
  const alone: number[] = [];
  for (let run = 1; run <= Number(flags.runs); run++) {
    process.stderr.write(`${where}: one alone (${run} of ${flags.runs})\n`);
    alone.push((await seconds(platform, 1)) - WORK_SECONDS);
  }
  process.stderr.write(`${where}: ${flags.many} at once\n`);
  const rounds = Number(flags.many) / SLOTS;
  return { where, alone, amongMany: (await seconds(platform, Number(flags.many))) / rounds - WORK_SECONDS };
}

/** From the launch of the first to the end of the last. */
async function seconds(platform: Platform, runs: number): Promise<number> {
  const startedAt = performance.now();
  const ids = await Promise.all(
    Array.from({ length: runs }, async () => {
      const run = { kind: "sleep", config: WORK, useCache: false };
      return (await platform.insist<{ id: string }>("POST", "/api/runs", run)).id;
    }),
  );
  for (const id of ids) {
    const { state, reason } = await untilRun(platform, id, undefined, 300_000);
    if (state !== "SUCCEEDED") throw new Error(`run ${id} is ${state}: ${reason}`);
  }
  return (performance.now() - startedAt) / 1000;
}

function render(): string {
  const rows = figures.map(({ where, alone, amongMany }) => {
    const { median, min, max } = summaryOf(alone);
    return [where, `${median.toFixed(1)} [${min.toFixed(1)}, ${max.toFixed(1)}]`, amongMany.toFixed(1)];
  });
  return [
    `Measured on ${availableParallelism()} threads of ${cpus()[0]!.model.trim()}, which has the server, the cluster and its jobs: seconds from a launch to its end beside the work of the run. Alone: medians of ${flags.runs} [least, most]. Among many: ${flags.many} launched at once, ${SLOTS} of them at work.`,
    "",
    markdownTable([["a run is", "alone", "among many"], ...rows]),
  ].join("\n");
}
