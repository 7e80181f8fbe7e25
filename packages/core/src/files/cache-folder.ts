import { homedir } from "node:os";
import { join } from "node:path";

/** Folder of this user that outlives clones: UNIARM_CACHE, else $XDG_CACHE_HOME/uniarm, else ~/.cache/uniarm. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.UNIARM_CACHE) return environment.UNIARM_CACHE;
  return join(environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), ".cache"), "uniarm");
}
