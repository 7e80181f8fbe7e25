import { createRandom, writeJsonLines } from "@uniarm/core";
import { DecodingConfig, type Generation } from "@uniarm/core/schema";
import { decode } from "@uniarm/decoder";
import { makePairs, tinyWorldObjectives, trainingPromptDraws, type ResponsePair } from "@uniarm/tiny-world";
import { PairsJob } from "../schema/jobs.ts";
import type { StageContext, StageEvent } from "./stage.ts";

const SAMPLES_PER_PROMPT = 2;
/** As many as fit the memory of a small machine. */
const BATCH_ROWS = 1000;

/** Two samples of the base model per drawn training prompt, scored exactly, with a winner per objective -> pairs.jsonl. */
export async function* pairsStage(given: unknown, { signal, place }: StageContext): AsyncGenerator<StageEvent> {
  const { model, baseWeights, objectives, pairs, leaveOutValidation, maxNewTokens, seed } = PairsJob.parse(given);
  const config = DecodingConfig.parse({
    ...(baseWeights ? { baseWeights } : {}),
    model,
    prompts: trainingPromptDraws(pairs, createRandom(seed).fork("pairs"), { leaveOutValidation }),
    sampling: { temperature: 1 },
    samplesPerPrompt: SAMPLES_PER_PROMPT,
    maxNewTokens,
    batchRows: BATCH_ROWS,
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
  const rows = makePairs(responsePairs(generations), tinyWorldObjectives(objectives));
  const path = place("pairs.jsonl");
  await writeJsonLines(path, rows);
  yield { type: "artifact", name: "pairs", count: rows.length, files: { "pairs.jsonl": path } };
  yield { type: "ended", end: "SUCCEEDED", reason: `${rows.length} pairs` };
}

function responsePairs(generations: readonly Generation[]): ResponsePair[] {
  return [...Map.groupBy(generations, ({ promptId }) => promptId).values()].map((samples) => {
    const [first, second] = samples.toSorted((one, other) => one.sample - other.sample);
    return {
      prompt: first!.prompt,
      responses: [first!.text, second!.text],
      finishes: [first!.finish, second!.finish],
    };
  });
}
