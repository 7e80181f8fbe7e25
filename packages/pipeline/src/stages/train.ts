import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { TrainingConfig } from "@uniarm/core/schema";
import { train } from "@uniarm/trainer";
import { filesBelow } from "../files.ts";
import type { StageContext, StageEvent } from "./stage.ts";

/** A training run; its newest checkpoint is what it puts out. */
export async function* trainStage(given: unknown, { signal, folder }: StageContext): AsyncGenerator<StageEvent> {
  const config = TrainingConfig.parse({ ...(given as object), output: folder });
  const stored = join(folder, "config.json");
  const resume = existsSync(stored);
  if (resume) await moveHere(stored, config);
  let newest: string | null = null;
  for await (const event of train(config, { signal, resume })) {
    if (event.type === "report") continue;
    yield event;
    if (event.type === "checkpoint") newest = event.path;
    if (event.type === "stopped") yield { type: "ended", end: "STOPPED", reason: event.message };
    if (event.type === "finished") {
      const checkpoint = newest ?? newestCheckpoint(folder);
      const files = filesBelow(checkpoint).map((path) => [path.slice(checkpoint.length + 1), path]);
      yield { type: "artifact", name: "checkpoint", files: Object.fromEntries(files) as Record<string, string> };
      yield { type: "ended", end: "SUCCEEDED", reason: event.message };
    }
  }
}

/** Model and pairs may lie elsewhere than where the last attempt ran; how the base is held stays as it was. */
async function moveHere(stored: string, config: TrainingConfig): Promise<void> {
  const before = TrainingConfig.parse(JSON.parse(await readFile(stored, "utf8")));
  const { baseWeights } = before;
  await writeFileAtomically(stored, `${JSON.stringify({ ...config, baseWeights }, null, 2)}\n`);
}

function newestCheckpoint(folder: string): string {
  const manifests = filesBelow(join(folder, "checkpoints")).filter((path) => path.endsWith("manifest.json"));
  return join(manifests.at(-1)!, "..");
}
