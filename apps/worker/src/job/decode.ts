import { existsSync } from "node:fs";
import { join } from "node:path";
import { Prompt } from "@uniarm/core/schema";
import { DecodingJob } from "@uniarm/pipeline/schema";
import { decode } from "@uniarm/decoder";
import { testPrompts } from "@uniarm/tiny-world";
import { readJsonLines } from "./json-lines.ts";
import { filesBelow, singleFile, type JobContext } from "./context.ts";
import type { JobReport } from "./report.ts";

const OUTPUT = join("output", "generations.jsonl");
const SNAPSHOT_MS = 20_000;
const TINY_WORLD_PROMPTS = /^tiny-world:(\d+)$/;

/** Prompts under preferences, or a part of them. What is on the disk is its checkpoint. */
export async function* decodeJob(context: JobContext): AsyncGenerator<JobReport> {
  const { job, signal, locate, snapshot } = context;
  const { decoding, shard } = DecodingJob.parse(job.config);
  const prompts = await promptsOf(context, decoding.prompts);
  const from = Math.floor((prompts.length * shard.index) / shard.count);
  const to = Math.floor((prompts.length * (shard.index + 1)) / shard.count);
  const { armModel, checkpoint } = decoding;
  const config = {
    ...decoding,
    model: locate(decoding.model),
    prompts: prompts.slice(from, to),
    output: OUTPUT,
    ...(armModel === undefined ? {} : { armModel: locate(armModel) }),
    ...(checkpoint === undefined ? {} : { checkpoint: locate(checkpoint) }),
  };
  let [done, saved, rows] = [0, Date.now(), 0];
  const checkpointNow = async (): Promise<JobReport> => ({
    type: "checkpoint",
    step: done,
    files: await snapshot(await filesBelow("output")),
  });
  for await (const event of decode(config, { signal })) {
    if (event.type === "generation") rows += 1;
    if (event.type === "notice") yield event;
    if (event.type === "progress") {
      done = event.done;
      yield event;
      if (Date.now() - saved > SNAPSHOT_MS && existsSync(OUTPUT)) {
        yield await checkpointNow();
        saved = Date.now();
      }
    }
    if (event.type === "stopped") {
      if (existsSync(OUTPUT)) yield await checkpointNow();
      yield { type: "ended", end: "STOPPED", reason: event.message };
    }
    if (event.type === "finished") {
      yield {
        type: "artifact",
        name: "generations",
        count: rows,
        files: { "generations.jsonl": join(process.cwd(), OUTPUT) },
      };
      yield { type: "ended", end: "SUCCEEDED", reason: event.message };
    }
  }
}

async function promptsOf({ locate }: JobContext, given: string | Prompt[]): Promise<Prompt[]> {
  if (typeof given !== "string") return given;
  const tiny = TINY_WORLD_PROMPTS.exec(given)?.[1];
  return tiny === undefined ? readJsonLines(await singleFile(locate(given)), Prompt) : testPrompts(Number(tiny));
}
