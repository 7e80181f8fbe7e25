import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** One TensorFlow for everybody: the newest whose wheel was verified with TensorFlow.js 4.22.0. */
export const TENSORFLOW_VERSION = "2.21.0";

/** Folder of this user that outlives clones: UNIARM_CACHE, else $XDG_CACHE_HOME/uniarm, else ~/.cache/uniarm. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.UNIARM_CACHE) return environment.UNIARM_CACHE;
  return join(environment.XDG_CACHE_HOME ?? join(environment.HOME ?? homedir(), ".cache"), "uniarm");
}

/** Where one built engine lives. The binding uses Node-API 8, so one build serves Node 20 and 22. */
export function engineFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const key = `tensorflow-cpu-${TENSORFLOW_VERSION}-${process.platform}-${process.arch}-napi8`;
  return join(cacheFolder(environment), "engine", key);
}

export const bindingFile = (folder: string): string => join(folder, "tfjs_binding.node");

/** Builds in a sibling and renames when complete: a half-finished build is never taken for an engine. */
export async function buildOnce(folder: string, build: (partial: string) => Promise<void>): Promise<void> {
  if (existsSync(bindingFile(folder))) return;
  mkdirSync(join(folder, ".."), { recursive: true });
  const partial = mkdtempSync(`${folder}.partial-`);
  try {
    await build(partial);
    try {
      renameSync(partial, folder);
    } catch (error) {
      if (!existsSync(bindingFile(folder))) throw error; // else another install was quicker
    }
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
