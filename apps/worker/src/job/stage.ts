import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { metricValueJson } from "@uniarm/core/schema";
import { filesBelow, type Resumable, type Stage } from "@uniarm/pipeline";
import type { JobReport } from "@uniarm/pipeline/schema";
import type { JobContext } from "./context.ts";

const OUTPUT = "output";
/** A training run's settings: without them a checkpoint cannot be resumed from. */
const CONFIG = join(OUTPUT, "config.json");
/** How often a stage that leaves resumable files has them copied. */
const SNAPSHOT_MS = 20_000;

/** A stage of the pipeline as a job: what it yields becomes what the worker is told. */
export function stageJob(stage: Stage) {
  return async function* ({ config, signal, snapshot }: JobContext): AsyncGenerator<JobReport> {
    await mkdir(OUTPUT, { recursive: true });
    const checkpoint = async (step: number, folder: string): Promise<JobReport> => {
      const files = new Set([...(existsSync(CONFIG) ? [CONFIG] : []), ...filesBelow(folder)]);
      return { type: "checkpoint", step, files: await snapshot([...files]) };
    };
    let savedAt = Date.now();
    let unsaved: Resumable | null = null;
    try {
      for await (const event of stage(config, { signal, folder: OUTPUT, place: (name) => join(OUTPUT, name) })) {
        switch (event.type) {
          case "metric": {
            const values = Object.entries(event.values).map(([key, value]) => [key, metricValueJson(value)] as const);
            yield { ...event, values: Object.fromEntries(values) };
            break;
          }
          case "progress":
          case "notice":
          case "report":
          case "ended":
            yield event;
            break;
          case "checkpoint":
            yield await checkpoint(event.step, event.path);
            break;
          case "resumable":
            unsaved = event;
            if (!signal.aborted && Date.now() - savedAt < SNAPSHOT_MS) break;
            yield await checkpoint(event.step, event.path);
            [unsaved, savedAt] = [null, Date.now()];
            break;
          case "artifact": {
            const files = Object.entries(event.files).map(([name, path]) => [name, resolve(path)] as const);
            yield { ...event, files: Object.fromEntries(files) };
            break;
          }
          case "started":
          case "generation":
          case "score":
          case "stopped":
          case "finished":
            break; // the worker hears of the rows as an artifact, and of the end as the end
        }
      }
    } catch (error) {
      // what was done is not done again; a disk that has no room for it is not what the run failed of
      const saved = unsaved && (await checkpoint(unsaved.step, unsaved.path).catch(() => null));
      if (saved) yield saved;
      throw error;
    }
  };
}
