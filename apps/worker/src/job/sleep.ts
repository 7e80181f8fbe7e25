import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UniArmError } from "@uniarm/core/schema";
import { SleepJob, type JobReport } from "@uniarm/pipeline/schema";
import type { JobContext } from "./context.ts";

const COUNT = join("output", "count.txt");

/** Counts to `steps`, remembers where it was. */
export async function* sleepJob({ config, signal, snapshot }: JobContext): AsyncGenerator<JobReport> {
  const { steps, stepMs, checkpointEvery, failAtStep, keys } = SleepJob.parse(config);
  await mkdir("output", { recursive: true });
  let step = existsSync(COUNT) ? Number(await readFile(COUNT, "utf8")) : 0;
  const saved = async (): Promise<JobReport> => {
    await writeFile(COUNT, `${step}`);
    return { type: "checkpoint", step, files: await snapshot([COUNT]) };
  };
  while (step < steps && !signal.aborted) {
    await sleep(stepMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    step += 1;
    yield { type: "metric", step, values: Object.fromEntries(keys.map((key, index) => [key, step + index])) };
    yield { type: "progress", phase: "sleep", done: step, total: steps, unit: "steps" };
    if (step === failAtStep) throw new UniArmError("asked-to-fail", `Failed after step ${step}, as its config asks.`);
    if (step % checkpointEvery === 0) yield await saved();
  }
  yield await saved();
  if (step < steps) {
    yield { type: "ended", end: "STOPPED", reason: `stopped after ${step} of ${steps} steps` };
    return;
  }
  yield { type: "artifact", name: "count", count: step, files: { "count.txt": join(process.cwd(), COUNT) } };
  yield { type: "ended", end: "SUCCEEDED", reason: "" };
}
