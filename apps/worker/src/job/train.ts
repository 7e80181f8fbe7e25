import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { metricValueJson, TrainingConfig } from "@uniarm/core/schema";
import { train } from "@uniarm/trainer";
import { filesBelow, singleFile, type JobContext } from "./context.ts";
import type { JobReport } from "./report.ts";

const OUTPUT = "output";
const CONFIG = join(OUTPUT, "config.json");

/** A training run, whose checkpoints are its checkpoints; the last one is its output. */
export async function* trainJob({ job, signal, locate, snapshot }: JobContext): AsyncGenerator<JobReport> {
  const given = TrainingConfig.parse(job.config);
  const { validationPairs } = given;
  const config = {
    ...given,
    output: OUTPUT,
    model: locate(given.model),
    pairs: await singleFile(locate(given.pairs)),
    ...(validationPairs === undefined ? {} : { validationPairs: await singleFile(locate(validationPairs)) }),
  };
  const resume = existsSync(CONFIG);
  if (resume) await hereAndNow(config);
  let newest: string | null = null;
  for await (const event of train(config, { signal, resume })) {
    if (event.type === "metric") yield { ...event, values: named(event.values) };
    if (event.type === "progress" || event.type === "notice") yield event;
    if (event.type === "checkpoint") {
      newest = event.path;
      yield {
        type: "checkpoint",
        step: event.step,
        files: await snapshot([CONFIG, ...(await filesBelow(event.path))]),
      };
    }
    if (event.type === "stopped") yield { type: "ended", end: "STOPPED", reason: event.message };
    if (event.type === "finished") {
      const folder = newest ?? (await newestFolder());
      const files = (await filesBelow(folder)).map((path) => [
        path.slice(folder.length + 1),
        join(process.cwd(), path),
      ]);
      yield { type: "artifact", name: "checkpoint", files: Object.fromEntries(files) as Record<string, string> };
      yield { type: "ended", end: "SUCCEEDED", reason: event.message };
    }
  }
}

/** Model and pairs may lie elsewhere than where the last attempt ran; how the base is held stays as it was. */
async function hereAndNow(config: TrainingConfig): Promise<void> {
  const before = TrainingConfig.parse(JSON.parse(await readFile(CONFIG, "utf8")));
  await writeFileAtomically(CONFIG, `${JSON.stringify({ ...config, baseWeights: before.baseWeights }, null, 2)}\n`);
}

async function newestFolder(): Promise<string> {
  const manifests = (await filesBelow(join(OUTPUT, "checkpoints"))).filter((path) => path.endsWith("manifest.json"));
  return join(manifests.at(-1)!, "..");
}

const named = (values: Record<string, number>): Record<string, number | string> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, metricValueJson(value)]));
