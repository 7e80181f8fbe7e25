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

/**
 * Model and pairs may lie elsewhere than where the last attempt ran. Every other setting stays as it was stored, so that
 * `train` refuses one that changed; a file that cannot be read is its to refuse, too.
 */
async function moveHere(stored: string, { model, pairs, validationPairs, output }: TrainingConfig): Promise<void> {
  const before = TrainingConfig.safeParse(
    await readFile(stored, "utf8")
      .then(JSON.parse)
      .catch(() => null),
  );
  if (!before.success) return;
  const moved = { ...before.data, model, pairs, validationPairs, output };
  await writeFileAtomically(stored, `${JSON.stringify(moved, null, 2)}\n`);
}

function newestCheckpoint(folder: string): string {
  const manifests = filesBelow(join(folder, "checkpoints")).filter((path) => path.endsWith("manifest.json"));
  return join(manifests.at(-1)!, "..");
}
