import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { readJsonLines } from "@uniarm/core";
import { DecodingConfig, Prompt } from "@uniarm/core/schema";
import { decode } from "@uniarm/decoder";
import { testPrompts, validationPrompts } from "@uniarm/tiny-world";
import { readChoice } from "../read-choice.ts";
import { DecodingJob } from "../schema/jobs.ts";
import { parseReference } from "../schema/reference.ts";
import type { StageContext, StageEvent } from "./stage.ts";

/** Prompts under preference vectors, or a part of them -> generations.jsonl, from which it resumes. */
export async function* decodeStage(given: unknown, { signal, place }: StageContext): AsyncGenerator<StageEvent> {
  const { decoding, shard, strengthFrom } = DecodingJob.parse(given);
  const output = place("generations.jsonl");
  const prompts = await promptsOf(decoding.prompts);
  const chosen = strengthFrom === undefined ? {} : { strength: (await readChoice(strengthFrom)).chosen };
  const config = DecodingConfig.parse({ ...decoding, ...chosen, prompts, output });
  let done = 0;
  let rows = 0;
  const resumable = (): StageEvent[] =>
    existsSync(output) ? [{ type: "resumable", step: done, path: dirname(output) }] : [];
  for await (const event of decode(config, { signal, promptPart: shard.count > 1 ? shard : undefined })) {
    if (event.type === "report") continue;
    yield event;
    if (event.type === "generation") rows += 1;
    if (event.type === "progress") {
      done = event.done;
      yield* resumable();
    }
    if (event.type === "stopped") {
      yield* resumable();
      yield { type: "ended", end: "STOPPED", reason: event.message };
    }
    if (event.type === "finished") {
      yield { type: "artifact", name: "generations", count: rows, files: { "generations.jsonl": output } };
      yield { type: "ended", end: "SUCCEEDED", reason: event.message };
    }
  }
}

/** Prompts as given, or of where they lie. */
export async function promptsOf(given: string | Prompt[]): Promise<Prompt[]> {
  if (typeof given !== "string") return given;
  const reference = parseReference(given);
  if (reference.type !== "tiny-world-prompts") return readJsonLines(given, Prompt);
  return reference.count === null ? validationPrompts() : testPrompts(reference.count);
}
