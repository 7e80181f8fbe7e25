import { readFileSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { UniArmError } from "@uniarm/core/schema";
import { type WorkKind } from "@uniarm/pipeline/schema";
import { jobContext, JobFile, type JobContext } from "./context.ts";
import type { JobReport } from "./report.ts";
import { systemMetrics } from "./system.ts";

/** Where the worker reads what the job reports. */
const REPORTS = 3;
const SYSTEM_MS = 10_000;

/** Only the code of its own kind is loaded: a comparison needs no tensors. */
const KINDS: Record<WorkKind, () => Promise<(context: JobContext) => AsyncGenerator<JobReport>>> = {
  pairs: async () => (await import("./pairs.ts")).pairsJob,
  train: async () => (await import("./train.ts")).trainJob,
  decode: async () => (await import("./decode.ts")).decodeJob,
  score: async () => (await import("./score.ts")).scoreJob,
  evaluate: async () => (await import("./evaluate.ts")).evaluateJob,
  compare: async () => (await import("./evaluate.ts")).compareJob,
  playground: async () => (await import("./playground.ts")).playgroundJob,
  sleep: async () => (await import("./sleep.ts")).sleepJob,
};

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
  const load = KINDS[job.kind as WorkKind];
  if (!load) throw new UniArmError("kind-unknown", `This worker does not know the kind "${job.kind}". Update it.`);
  const run = await load();
  const system = systemMetrics(job.step ?? 0);
  const watching = setInterval(() => tell(system.report()), SYSTEM_MS);
  const onLine = (listener: (line: string) => void): void => {
    createInterface({ input: process.stdin }).on("line", listener);
  };
  for await (const report of run(jobContext(job, stop.signal, onLine))) {
    system.note(report);
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
  tell({ type: "ended", end: "FAILED", reason: known ? error.message : `a defect: ${(error as Error).message}` });
  process.exit(known ? 2 : 1);
}
