import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { MissingPrerequisite } from "./prerequisites.ts";

/** One TensorFlow for everybody: the newest whose wheel was verified with TensorFlow.js 4.22.0. */
export const TENSORFLOW_VERSION = "2.21.0";

/** The wheel (260 MB), what is taken out of it (1 GB, headers included) and room for the compiler. */
const NEEDED_BYTES = 1.5e9;
/** A build takes minutes; what is older than this was killed. */
const ABANDONED_AFTER_MS = 3 * 3_600_000;

/** Folder of this user that outlives clones: UNIARM_CACHE, else $XDG_CACHE_HOME/uniarm, else ~/.cache/uniarm. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.UNIARM_CACHE) return environment.UNIARM_CACHE;
  return join(environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), ".cache"), "uniarm");
}

/** Where one built engine lives. The binding uses Node-API 8, so one build serves Node 20 and 22. */
export function engineFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const key = `tensorflow-cpu-${TENSORFLOW_VERSION}-${process.platform}-${process.arch}-napi8`;
  return join(cacheFolder(environment), "engine", key);
}

export const bindingFile = (folder: string): string => join(folder, "tfjs_binding.node");
export const isBuilt = (folder: string): boolean => existsSync(bindingFile(folder));

/**
 * Builds in a sibling folder and renames it when complete: a half-finished build is never taken for an engine, and of
 * two at once the first to finish is kept.
 * @throws MissingPrerequisite where the disk has no room
 */
export async function buildOnce(folder: string, build: (partial: string) => Promise<void>): Promise<void> {
  if (isBuilt(folder)) return;
  mkdirSync(dirname(folder), { recursive: true });
  removeAbandoned(folder);
  requireSpace(dirname(folder));
  const partial = mkdtempSync(`${folder}.partial-`);
  try {
    await build(partial);
    if (isBuilt(folder)) return; // another install was quicker
    rmSync(folder, { recursive: true, force: true }); // a folder without its binding is of no use
    try {
      renameSync(partial, folder);
    } catch (error) {
      if (!isBuilt(folder)) throw error;
    }
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function removeAbandoned(folder: string): void {
  const parent = dirname(folder);
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(`${basename(folder)}.partial-`)) continue;
    const path = join(parent, name);
    const ageMs = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (ageMs > ABANDONED_AFTER_MS) rmSync(path, { recursive: true, force: true });
  }
}

function requireSpace(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= NEEDED_BYTES) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new MissingPrerequisite(
    `building it needs ${gigabytes(NEEDED_BYTES)} of disk and ${folder} has ${gigabytes(free)} free (UNIARM_CACHE names another folder)`,
  );
}
