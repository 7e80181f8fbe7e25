import { hasBinding } from "./binding.ts";
import { bindingFolder, isBuilt } from "./cache.ts";

export interface EngineStatus {
  /** whether @tensorflow/tfjs-node-gpu finds its native binding */
  available: boolean;
  /** where the cached build of this user is, or would be */
  folder: string;
  /** why it is not available, and the command that changes this */
  reason?: string;
}

/** What is there, at the cost of a few file look-ups; whether it runs is what `pnpm engine:install --check` tries. */
export function engineStatus(environment: NodeJS.ProcessEnv = process.env): EngineStatus {
  const folder = bindingFolder("cpu", environment);
  if (hasBinding()) return { available: true, folder };
  const state = isBuilt(folder) ? "is built, but not linked into this clone" : "is not built";
  return { available: false, folder, reason: `the tensorflow engine ${state} (pnpm engine:install)` };
}
