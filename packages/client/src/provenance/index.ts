import { hostname } from "node:os";
import { COMMAND_LETTERS, type LaunchedFrom, type Provenance } from "@uniarm/core/schema";
import { gitState } from "./git-state.ts";
import { packageOf, packageVersions } from "./package-versions.ts";
import { thisSystem } from "./system.ts";
import { commandText } from "./without-secrets.ts";

export { commandText, gitState };

const versionOf = (moduleUrl: string): string => packageOf(moduleUrl).manifest.version ?? "unknown";

/** Where this process asks for a run from. `words`: its command line as a person wrote it. */
export async function launchedFromHere(words: readonly string[]): Promise<LaunchedFrom> {
  return {
    command: commandText(words).slice(0, COMMAND_LETTERS),
    host: hostname(),
    folder: process.cwd(),
    git: await gitState(process.cwd()),
    version: versionOf(import.meta.url),
  };
}

/**
 * What this process runs with.
 * @param modules `import.meta.url` of a module in each package whose dependencies are told; the first is the program's own
 */
export async function provenanceHere(
  modules: readonly [string, ...string[]],
  engine: Provenance["engine"],
): Promise<Provenance> {
  const { folder } = packageOf(modules[0]);
  return {
    command: commandText([process.argv0, ...process.execArgv, ...process.argv.slice(1)]).slice(0, COMMAND_LETTERS),
    version: versionOf(modules[0]),
    git: await gitState(folder, "package.json"),
    packages: packageVersions(modules),
    system: thisSystem(),
    engine: engine && { name: engine.name, version: engine.version, device: engine.device, threads: engine.threads },
  };
}
