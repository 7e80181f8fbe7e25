import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createRandom } from "@uniarm/core";
import { DecodingConfig, type Generation } from "@uniarm/core/schema";
import { PairsJob } from "@uniarm/pipeline/schema";
import { tinyWorldObjectives } from "@uniarm/tiny-world";
import { decode } from "@uniarm/decoder";
import { makePairs, trainingPromptDraws } from "@uniarm/tiny-world";
import type { JobContext } from "./context.ts";
import { writeJsonLines } from "./json-lines.ts";
import type { JobReport } from "./report.ts";

/** Two base samples per drawn training prompt, scored exactly, with a winner per objective. */
export async function* pairsJob({ job, signal, locate }: JobContext): AsyncGenerator<JobReport> {
  const { model, baseWeights, objectives, pairs, maxNewTokens, seed } = PairsJob.parse(job.config);
  const config = DecodingConfig.parse({
    ...(baseWeights ? { baseWeights } : {}),
    model: locate(model),
    prompts: trainingPromptDraws(pairs, createRandom(seed).fork("pairs")),
    sampling: { temperature: 1 },
    samplesPerPrompt: 2,
    maxNewTokens,
    batchRows: 1000,
    seed,
  });
  const generations: Generation[] = [];
  for await (const event of decode(config, { signal })) {
    if (event.type === "generation") generations.push(event.generation);
    if (event.type === "progress") yield { ...event, phase: "sample pairs" };
    if (event.type === "stopped") {
      yield { type: "ended", end: "STOPPED", reason: event.message };
      return;
    }
  }
  const responses = [...Map.groupBy(generations, ({ promptId }) => promptId).values()].map((samples) => {
    const [first, second] = samples.toSorted((one, other) => one.sample - other.sample);
    return { prompt: first!.prompt, responses: [first!.text, second!.text] as [string, string] };
  });
  const rows = makePairs(responses, tinyWorldObjectives(objectives));
  await mkdir("output", { recursive: true });
  const path = join("output", "pairs.jsonl");
  await writeJsonLines(path, rows);
  yield { type: "artifact", name: "pairs", count: rows.length, files: { "pairs.jsonl": join(process.cwd(), path) } };
  yield { type: "ended", end: "SUCCEEDED", reason: `${rows.length} pairs` };
}
