import { copyFile, mkdir, readdir } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { UniArmError } from "@uniarm/core/schema";
import { tinyWorldModel, type TinyWorldModel } from "@uniarm/tiny-world";
import { z } from "zod";

/** What the worker wrote for its job. */
export const JobFile = z.object({
  kind: z.string(),
  config: z.unknown(),
  /** step of the checkpoint whose files were put back; null: it begins */
  step: z.int().nullable(),
  inputs: z.record(z.string(), z.array(z.array(z.string()))),
  datasets: z.array(z.string()),
  /** id -> paths of its files */
  checkpoints: z.record(z.string(), z.array(z.string())).default({}),
});
export type JobFile = z.infer<typeof JobFile>;

export interface JobContext {
  job: JobFile;
  signal: AbortSignal;
  /** Where a reference of a config lies on this disk. @throws UniArmError input-absent */
  locate: (reference: string) => string;
  /** All files or folders of an input, in the order of its producers. */
  locateAll: (reference: string) => string[];
  /** Listens to what the worker says from here on, line by line. */
  onLine: (listener: (line: string) => void) => void;
  /** Copies files of the working folder, so that the job may go on changing them. */
  snapshot: (paths: readonly string[]) => Promise<Record<string, string>>;
}

const TINY_WORLD = /^tiny-world:(default|quick)$/;

/** The working folder is the current one; paths in it are relative, so that every attempt anywhere has the same. */
export function jobContext(job: JobFile, signal: AbortSignal, onLine: JobContext["onLine"]): JobContext {
  const origin = process.env.UNIARM_ORIGIN ?? process.cwd();
  let snapshots = 0;
  const locateAll = (reference: string): string[] => {
    const [scheme, name = ""] = splitOnce(reference, ":");
    if (scheme === "input") {
      const producers = job.inputs[name];
      if (!producers?.length) throw new UniArmError("input-absent", `No run gives the input ${name}.`);
      return producers.map((files, position) => placeOf(join("inputs", name, String(position)), files));
    }
    if (scheme === "dataset") {
      if (!job.datasets.includes(name))
        throw new UniArmError(
          "dataset-missing",
          `There is no dataset ${name} in this project. Upload it: uniarm datasets add`,
        );
      return [join("datasets", name)];
    }
    if (scheme === "checkpoint") {
      // a training run's snapshot holds more than the checkpoint's own folder
      const manifest = job.checkpoints[name]?.findLast((path) => basename(path) === "manifest.json");
      if (manifest === undefined)
        throw new UniArmError(
          "checkpoint-missing",
          `There is no reward model ${name}: it was removed, or is no checkpoint of a training run. See: uniarm runs show RUN`,
        );
      return [join("checkpoints", name, dirname(manifest))];
    }
    const tiny = TINY_WORLD.exec(reference)?.[1];
    if (tiny) return [tinyWorldModel(tiny as TinyWorldModel)];
    return [isAbsolute(reference) ? reference : resolve(origin, reference)];
  };
  return {
    job,
    signal,
    locateAll,
    onLine,
    locate: (reference) => locateAll(reference)[0]!,
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

/** A single file is itself, several are their folder. */
const placeOf = (folder: string, files: readonly string[]): string =>
  files.length === 1 && !files[0]!.includes("/") ? join(folder, files[0]!) : folder;

function splitOnce(text: string, mark: string): [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** All files below a folder, as paths from the current one. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The only file of a dataset, or the folder itself. */
export async function singleFile(path: string): Promise<string> {
  const files = await filesBelow(path).catch(() => null);
  return files?.length === 1 ? files[0]! : path;
}
