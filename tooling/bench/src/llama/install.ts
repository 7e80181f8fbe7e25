import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../../../engine/src/cache.ts";
import { run } from "../../../engine/src/run.ts";

/** Its prebuilt llama.cpp for CPUs is a package of its own; those for GPUs are left out. */
const VERSION = "3.22.1";

/** The folder where npm put node-llama-cpp, in this user's cache; installs it where it is not there. */
export async function llamaFolder(note: (line: string) => void): Promise<string> {
  const folder = join(cacheFolder(), `bench-node-llama-cpp-${VERSION}`);
  if (existsSync(join(folder, "installed"))) return folder;
  note(`installing node-llama-cpp ${VERSION} (once for this user)`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), "{}\n");
  const packages = [`node-llama-cpp@${VERSION}`, `@node-llama-cpp/${process.platform}-${process.arch}@${VERSION}`];
  const quiet = ["--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--save=false"];
  await run("npm", ["install", "--prefix", folder, ...quiet, ...packages]);
  await writeFile(join(folder, "installed"), "");
  return folder;
}
