import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../engine/src/cache.ts";

export const requirementsFile = join(import.meta.dirname, "..", "..", "reference", "bench", "requirements.txt");
export const venvFolder = (environment: NodeJS.ProcessEnv = process.env): string =>
  join(cacheFolder(environment), "bench-python");

/** The Python that has torch and transformers: UNIARM_BENCH_PYTHON, else the one of `pnpm bench:setup`; null without. */
export function benchPython(environment: NodeJS.ProcessEnv = process.env): string | null {
  const python = environment.UNIARM_BENCH_PYTHON || join(venvFolder(environment), "bin", "python");
  if (!existsSync(python)) return null;
  return spawnSync(python, ["-c", "import torch, transformers"], { stdio: "ignore" }).status === 0 ? python : null;
}
