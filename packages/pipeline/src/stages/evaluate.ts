import { readJsonLines, writeFileAtomically } from "@uniarm/core";
import { EvaluationConfig, Generation, Score } from "@uniarm/core/schema";
import { constantFront, evaluate } from "@uniarm/eval";
import { tinyWorldObjectives, tinyWorldProtocol } from "@uniarm/tiny-world";
import type { ProtocolChoice } from "../schema/fields.ts";
import { EvaluationJob } from "../schema/jobs.ts";
import type { StageContext, StageEvent } from "./stage.ts";

/** Scores -> front, hypervolume and mean inner product under the job's protocol -> report.json. */
export async function* evaluateStage(given: unknown, { signal, place }: StageContext): AsyncGenerator<StageEvent> {
  const { name, method, scores: path, protocol, conditions, unguidedAt, ...job } = EvaluationJob.parse(given);
  const read = await readJsonLines(path, Score);
  const answers = job.generations && (await readAll(job.generations));
  const scores = unguidedAt ? constantFront(read, unguidedAt) : read;
  const generations = answers && unguidedAt ? constantFront(answers, unguidedAt) : answers;
  const base = job.baseScores !== undefined && {
    scores: await readJsonLines(job.baseScores, Score),
    generations: job.baseGenerations && (await readAll(job.baseGenerations)),
  };
  const config = { ...measuringConfig(protocol), ...(conditions && { conditions }) };
  for await (const event of evaluate(config, scores, {
    signal,
    generations,
    sampling: job.sampling,
    base: base || undefined,
  })) {
    if (event.type !== "report") yield event;
    else {
      const { report } = event;
      const { hypervolume, meanInnerProduct } = report.front;
      const values = { hypervolume: hypervolume.value, meanInnerProduct: meanInnerProduct.value };
      yield { type: "metric", step: 0, values };
      yield { type: "report", name, ...(method === undefined ? {} : { method }), report };
      const file = place("report.json");
      await writeFileAtomically(file, `${JSON.stringify({ name, report }, null, 2)}\n`);
      yield { type: "artifact", name: "report", files: { "report.json": file } };
      yield { type: "ended", end: "SUCCEEDED", reason: "" };
    }
    if (event.type === "stopped") yield { type: "ended", end: "STOPPED", reason: event.message };
  }
}

async function readAll(paths: readonly string[]): Promise<Generation[]> {
  const generations: Generation[] = [];
  for (const path of paths) generations.push(...(await readJsonLines(path, Generation)));
  return generations;
}

/** What a choice of protocol comes to. */
export function measuringConfig(protocol: ProtocolChoice): EvaluationConfig {
  if (protocol.type === "own") return protocol.config;
  const { objectives, seed } = protocol;
  return EvaluationConfig.parse({
    objectives: tinyWorldObjectives(objectives),
    seed,
    ...tinyWorldProtocol(objectives),
  });
}
