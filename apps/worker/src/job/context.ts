import { copyFile, mkdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { UniArmError } from "@uniarm/core/schema";
import { resolveReferences, type Places } from "@uniarm/pipeline";
import { planLaunch, scoringPrograms, type WorkKind } from "@uniarm/pipeline/schema";
import type { JobFile } from "./job-file.ts";
import { refuseJudges } from "./refuse-judges.ts";

export interface JobContext {
  kind: WorkKind;
  /** every reference replaced by a path on this disk */
  config: unknown;
  signal: AbortSignal;
  /** Listens to what the worker says from here on, line by line. */
  onLine: (listener: (line: string) => void) => void;
  /** Copies files of the working folder, so that the job may go on changing them. */
  snapshot: (paths: readonly string[]) => Promise<Record<string, string>>;
}

/**
 * The working folder is the current one; paths in it are relative, so that every attempt anywhere has the same.
 * @throws UniArmError config-invalid for what another version stored; programs-refused; judge-not-allowed; input-absent, dataset-missing, checkpoint-missing for what its config refers to
 */
export function jobContext(
  job: JobFile & { kind: WorkKind },
  signal: AbortSignal,
  onLine: JobContext["onLine"],
): JobContext {
  const { kind, config } = job;
  let snapshots = 0;
  const { config: planned } = planLaunch(kind, config); // defaults may be references too
  refusePrograms(planned);
  refuseJudges(planned, process.env.UNIARM_WORKER_JUDGES ?? "");
  return {
    kind,
    config: resolveReferences(kind, planned, placesOf(job)),
    signal,
    onLine,
    snapshot: async (paths) => {
      snapshots += 1;
      const files: Record<string, string> = {};
      for (const path of paths) {
        const copy = resolve("snapshots", String(snapshots), path);
        await mkdir(dirname(copy), { recursive: true });
        await copyFile(path, copy);
        files[path] = copy;
      }
      return files;
    },
  };
}

/** A program is whatever a launch names, run as this worker's user: that is for whoever started the worker to allow. */
function refusePrograms(config: unknown): void {
  const [first] = scoringPrograms(config);
  if (first === undefined || process.env.UNIARM_WORKER_PROGRAMS === "1") return;
  throw new UniArmError(
    "programs-refused",
    `This worker runs no programs that a launch names, and this one scores with ${first}. ` +
      "Whoever trusts everybody who may launch here starts it with `uniarm worker --allow-programs`, or the server's own with `uniarm serve --allow-programs`; " +
      "`uniarm score` and `uniarm study run` run programs on your own machine.",
  );
}

const placesOf = (job: JobFile): Places => ({
  origin: process.env.UNIARM_ORIGIN ?? process.cwd(),
  input: (name) => {
    const producers = job.inputs[name];
    if (!producers?.length) throw new UniArmError("input-absent", `No run gives the input ${name}.`);
    return producers.map((files, position) => placeOf(join("inputs", name, String(position)), files));
  },
  dataset: (name) => {
    if (job.datasets.includes(name)) return join("datasets", name);
    throw new UniArmError(
      "dataset-missing",
      `There is no dataset ${name} in this project. Upload it: uniarm datasets add`,
    );
  },
  checkpoint: (id) => {
    // a training run's snapshot holds more than the checkpoint's own folder
    const manifest = job.checkpoints[id]?.findLast((path) => basename(path) === "manifest.json");
    if (manifest !== undefined) return join("checkpoints", id, dirname(manifest));
    throw new UniArmError(
      "checkpoint-missing",
      `There is no checkpoint ${id}: it was removed, or holds no ARM. See: uniarm runs show RUN`,
    );
  },
});

/** A single file is itself, several are their folder. */
const placeOf = (folder: string, files: readonly string[]): string =>
  files.length === 1 && !files[0]!.includes("/") ? join(folder, files[0]!) : folder;
