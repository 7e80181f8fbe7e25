import { join } from "node:path";
import { isScorer } from "@uniarm/core/schema";
import { SCORER_FOLDER } from "@uniarm/trainer";
import { explore } from "../explore/explore.ts";
import { filesBelow } from "../files.ts";
import { TrainingRun } from "../schema/jobs.ts";
import { trainHere } from "../train-here.ts";
import type { StageContext, StageEvent } from "./stage.ts";

/** A training run, in rounds where it has some; its best adapters are what it puts out, or else its newest checkpoint, and of a scorer its model folder. */
export async function* trainStage(given: unknown, { signal, folder }: StageContext): AsyncGenerator<StageEvent> {
  const { exploration, ...config } = TrainingRun.parse({ ...(given as object), output: folder });
  const events = exploration ? explore({ ...config, exploration }, { signal }) : trainHere(config, signal);
  for await (const event of events) {
    yield event;
    if (event.type === "stopped") yield { type: "ended", end: "STOPPED", reason: event.message };
    if (event.type === "finished") {
      const checkpoint = config.keepBest === undefined ? newestCheckpoint(folder) : join(folder, "best");
      yield artifactOf("checkpoint", checkpoint);
      if (isScorer(config.method)) yield artifactOf("scorer", join(folder, SCORER_FOLDER));
      yield { type: "ended", end: "SUCCEEDED", reason: event.message };
    }
  }
}

/** All files of a folder. */
function artifactOf(name: string, folder: string): StageEvent {
  const files = filesBelow(folder).map((path) => [path.slice(folder.length + 1), path] as const);
  return { type: "artifact", name, files: Object.fromEntries(files) };
}

function newestCheckpoint(folder: string): string {
  const manifests = filesBelow(join(folder, "checkpoints")).filter((path) => path.endsWith("manifest.json"));
  return join(manifests.at(-1)!, "..");
}
