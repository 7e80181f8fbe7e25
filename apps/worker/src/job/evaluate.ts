import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { EvaluationConfig, EvaluationReport, Score } from "@uniarm/core/schema";
import { ComparisonJob, EvaluationJob } from "@uniarm/pipeline/schema";
import { tinyWorldObjectives } from "@uniarm/tiny-world";
import { compareFronts, constantFront, evaluate } from "@uniarm/eval";
import { tinyWorldProtocol } from "@uniarm/tiny-world";
import { singleFile, type JobContext } from "./context.ts";
import { readJsonLines } from "./json-lines.ts";
import type { JobReport } from "./report.ts";

/** Scores -> front, hypervolume, mean inner product, under the job's protocol. */
export async function* evaluateJob({ job, signal, locate }: JobContext): AsyncGenerator<JobReport> {
  const { name, method, scores: reference, protocol, unguidedAt } = EvaluationJob.parse(job.config);
  const config =
    protocol.type === "own"
      ? protocol.config
      : EvaluationConfig.parse({
          objectives: tinyWorldObjectives(protocol.objectives),
          seed: protocol.seed,
          ...tinyWorldProtocol(protocol.objectives),
        });
  const read = await readJsonLines(await singleFile(locate(reference)), Score);
  const scores = unguidedAt ? constantFront(read, unguidedAt) : read;
  for await (const event of evaluate(config, scores, { signal })) {
    if (event.type === "progress" || event.type === "notice") yield event;
    if (event.type === "report") {
      const { hypervolume, meanInnerProduct } = event.report.front;
      yield {
        type: "metric",
        step: 0,
        values: { hypervolume: hypervolume.value, meanInnerProduct: meanInnerProduct.value },
      };
      yield { type: "report", name, ...(method ? { method } : {}), report: event.report };
      yield {
        type: "artifact",
        name: "report",
        files: { "report.json": await written("report.json", { name, report: event.report }) },
      };
      yield { type: "ended", end: "SUCCEEDED", reason: "" };
    }
    if (event.type === "stopped") yield { type: "ended", end: "STOPPED", reason: event.message };
  }
}

/** Fronts of one protocol side by side. */
export async function* compareJob({ job, locateAll }: JobContext): AsyncGenerator<JobReport> {
  const { names } = ComparisonJob.parse(job.config);
  const reports = await Promise.all(
    locateAll("input:reports").map(async (path, index) => {
      const { report } = JSON.parse(await readFile(await singleFile(path), "utf8")) as { report: unknown };
      return { name: names[index] ?? `front ${index + 1}`, report: EvaluationReport.parse(report) };
    }),
  );
  const comparison = compareFronts(reports);
  yield {
    type: "artifact",
    name: "comparison",
    count: comparison.length,
    files: { "comparison.json": await written("comparison.json", comparison) },
  };
  yield { type: "ended", end: "SUCCEEDED", reason: `${comparison.length} fronts` };
}

async function written(name: string, content: unknown): Promise<string> {
  await mkdir("output", { recursive: true });
  const path = join(process.cwd(), "output", name);
  await writeFileAtomically(path, `${JSON.stringify(content, null, 2)}\n`);
  return path;
}
