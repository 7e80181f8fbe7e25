import { readFileSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { createInterface } from "node:readline";
import { UniArmError } from "@uniarm/core/schema";
import { isStage, STAGES } from "@uniarm/pipeline";
import { JOBS, type JobReport, type WorkKind } from "@uniarm/pipeline/schema";
import { diskProblem } from "../health/disk-problem.ts";
import { jobContext, type JobContext } from "./context.ts";
import { JobFile } from "./job-file.ts";
import { stageJob } from "./stage.ts";
import { toldProvenance } from "./provenance.ts";
import { systemMetrics } from "./system.ts";

/** Where the worker reads what the job reports. */
const REPORTS = 3;
const SYSTEM_MS = 10_000;
/** asked for while it is there */
const FOLDER = process.cwd();

type Job = (context: JobContext) => AsyncGenerator<JobReport>;

/** Stages are the pipeline's; the others exist on a server alone. Only the code of the job's own kind is loaded. */
async function jobOf(kind: WorkKind): Promise<Job> {
  if (isStage(kind)) return stageJob(await STAGES[kind]());
  if (kind === "playground") return (await import("./playground.ts")).playgroundJob;
  return (await import("./sleep.ts")).sleepJob;
}

const isKnown = (kind: string): kind is WorkKind => Object.hasOwn(JOBS, kind);

const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
// the worker is gone: nobody reads what this job would still do
process.stdin
  .on("end", () => process.exit(1))
  .on("error", () => process.exit(1))
  .resume();

function tell(report: JobReport): void {
  let rest = Buffer.from(`${JSON.stringify(report)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(REPORTS, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") process.exit(1);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5); // the worker is behind: wait for it
    }
  }
}

try {
  const job = JobFile.parse(JSON.parse(readFileSync("job.json", "utf8")));
  const { kind } = job;
  if (!isKnown(kind)) throw new UniArmError("kind-unknown", `This worker does not know the kind "${kind}". Update it.`);
  const run = await jobOf(kind);
  const system = systemMetrics(job.step ?? 0);
  const watching = setInterval(() => tell(system.report()), SYSTEM_MS);
  const provenance = toldProvenance(tell);
  await provenance.begin();
  const onLine = (listener: (line: string) => void): void => {
    createInterface({ input: process.stdin }).on("line", listener);
  };
  for await (const report of run(jobContext({ ...job, kind }, stop.signal, onLine))) {
    system.note(report);
    await provenance.look();
    if (report.type === "ended") {
      clearInterval(watching);
      tell(system.report());
    }
    tell(report);
  }
  process.exit(0);
} catch (error) {
  const known = error instanceof UniArmError;
  process.stderr.write(`${known ? error.message : (error as Error).stack}\n`);
  const disk = diskProblem(error, FOLDER, hostname());
  const reason = disk ?? (known ? error.message : `a defect: ${(error as Error).message}`);
  tell({ type: "ended", end: disk === null ? "FAILED" : "LOST", reason, ...(known ? { code: error.code } : {}) });
  process.exit(known ? 2 : 1);
}
