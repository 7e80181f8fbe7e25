import { existsSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { bindingFile } from "./cache.ts";
import {
  COMPILER_FLAGS,
  headersFolder,
  nativeFolder,
  operationSources,
  packageFolder,
  packageSources,
} from "./native-sources.ts";
import type { Platform } from "./platform.ts";
import { run } from "./run.ts";

/** Where the package looks for its binding. */
const linkPath = join(packageFolder, "lib", "napi-v8", "tfjs_binding.node");

/**
 * Compiles the package's binding and our operations against `tensorflow` -> <partial>/tfjs_binding.node, which looks for
 * TensorFlow's libraries beside the folder that the build will have in the end.
 */
export async function compileBinding(
  compiler: string,
  { libraries, native, origin }: Platform,
  folders: { partial: string; final: string; tensorflow: string },
): Promise<void> {
  const { partial, final } = folders;
  const tensorflow = join(folders.tensorflow, "tensorflow");
  const includes = [packageFolder, headersFolder, join(tensorflow, "include")].flatMap((path) => ["-I", path]);
  const { all, package: forPackage, operations } = COMPILER_FLAGS;
  const objects: string[] = [];
  const compile = (source: string, flags: readonly string[]) => (): Promise<string> => {
    const object = join(partial, `${basename(source, ".cc")}.o`);
    objects.push(object);
    return run(compiler, [...all, ...flags, ...includes, "-c", source, "-o", object]);
  };
  const ours = (name: string): string => join(nativeFolder, name);
  const quietStart = process.platform === "linux";
  await inParallel([
    ...packageSources().map((source) => compile(source, forPackage)),
    ...operationSources().map((source) => compile(source, [...operations, native])),
    compile(ours("allocator.cc"), forPackage),
    ...(quietStart ? [compile(ours("end-quiet-start.cc"), forPackage)] : []),
  ]);
  if (quietStart) {
    const library = join(partial, QUIET_START);
    await run(compiler, [...all, "-O2", "-shared", ours("quiet-start.cc"), "-o", library]);
  }
  // by name, so that the run path finds them; order matters: quiet-start.cc
  const named =
    process.platform === "darwin"
      ? libraries.map((name) => join(tensorflow, name))
      : [`-L${tensorflow}`, `-L${partial}`, ...[...libraries, QUIET_START].map((name) => `-l:${name}`)];
  const paths = [`${origin}/${relative(final, tensorflow)}`, origin].map((path) => `-Wl,-rpath,${path}`);
  const undefinedLater = process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : []; // Node's own symbols
  await run(compiler, [
    "-shared",
    "-pthread",
    ...undefinedLater,
    ...objects,
    ...named,
    ...paths,
    "-o",
    bindingFile(partial),
  ]);
  for (const object of objects) rmSync(object);
}

const QUIET_START = "libuniarm_quiet_start.so";

/** As many at once as there are cores. */
async function inParallel(jobs: (() => Promise<string>)[]): Promise<void> {
  const waiting = [...jobs];
  const worker = async (): Promise<void> => {
    for (let job = waiting.shift(); job; job = waiting.shift()) await job();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/** Points the package at a built binding. A relink is all that a second clone or a reinstall needs. */
export function linkBinding(folder: string): void {
  if (isLinked(folder)) return;
  mkdirSync(dirname(linkPath), { recursive: true });
  const fresh = `${linkPath}.${process.pid}`;
  rmSync(fresh, { force: true });
  symlinkSync(bindingFile(folder), fresh);
  renameSync(fresh, linkPath); // at no moment is there no link, so two installs at once do no harm
}

export function unlinkBinding(): void {
  rmSync(linkPath, { force: true });
}

/** Whether the package finds a binding that exists, whoever put it there. */
export const hasBinding = (): boolean => existsSync(linkPath);

export function isLinked(folder: string): boolean {
  return hasBinding() && linkTarget() === bindingFile(folder);
}

/** The folder of the binding that is linked; null without one, or where somebody built it in place. */
export function linkedFolder(): string | null {
  const target = hasBinding() ? linkTarget() : null;
  return target === null ? null : dirname(target);
}

function linkTarget(): string | null {
  try {
    return readlinkSync(linkPath);
  } catch {
    return null; // a file, not a link: somebody built it in place
  }
}
