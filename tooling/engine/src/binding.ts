import { existsSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { bindingFile } from "./cache.ts";
import { run } from "./run.ts";

const require = createRequire(import.meta.url);
const packageFolder = dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json"));
const headersFolder = join(dirname(require.resolve("node-api-headers/package.json")), "include");
const nativeFolder = join(import.meta.dirname, "..", "native");
/** Where the package looks for its binding. */
const linkPath = join(packageFolder, "lib", "napi-v8", "tfjs_binding.node");

/** Compiles the package's binding against <folder>/tensorflow -> <folder>/tfjs_binding.node; drops the headers. */
export async function compileBinding(compiler: string, folder: string): Promise<void> {
  const tensorflow = join(folder, "tensorflow");
  const sharedLibrary = ["-O2", "-std=c++17", "-shared", "-fPIC"];
  await run(compiler, [
    ...sharedLibrary,
    join(nativeFolder, "quiet-start.cc"),
    "-o",
    join(folder, "libuniarm_quiet_start.so"),
  ]);

  const theirs = ["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(packageFolder, "binding", name));
  const includes = [packageFolder, headersFolder, join(tensorflow, "include")].flatMap((path) => ["-I", path]);
  const libraries = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2", "libuniarm_quiet_start.so"]; // order matters: quiet-start.cc
  await run(compiler, [
    ...[...sharedLibrary, "-DNAPI_VERSION=8", ...includes, ...theirs, join(nativeFolder, "end-quiet-start.cc")],
    ...[`-L${tensorflow}`, `-L${folder}`, ...libraries.map((name) => `-l:${name}`)],
    ...["-Wl,-rpath,$ORIGIN/tensorflow:$ORIGIN", "-o", bindingFile(folder)],
  ]);
  await rm(join(tensorflow, "include"), { recursive: true });
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

function linkTarget(): string | null {
  try {
    return readlinkSync(linkPath);
  } catch {
    return null; // a file, not a link: somebody built it in place
  }
}
