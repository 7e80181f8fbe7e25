import { existsSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { bindingFile } from "./cache.ts";
import { run } from "./run.ts";

const require = createRequire(import.meta.url);
const packageFolder = dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json"));
const headersFolder = join(dirname(require.resolve("node-api-headers/package.json")), "include");
/** Where the package looks for its binding. */
const linkPath = join(packageFolder, "lib", "napi-v8", "tfjs_binding.node");

/** Compiles the package's binding against <folder>/tensorflow -> <folder>/tfjs_binding.node; drops the headers. */
export async function compileBinding(compiler: string, folder: string): Promise<void> {
  const tensorflow = join(folder, "tensorflow");
  const sources = ["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(packageFolder, "binding", name));
  const includes = [packageFolder, headersFolder, join(tensorflow, "include")].flatMap((path) => ["-I", path]);
  await run(compiler, [
    ...["-O2", "-std=c++17", "-shared", "-fPIC", "-DNAPI_VERSION=8", "-o", bindingFile(folder)],
    ...[...sources, ...includes, `-L${tensorflow}`],
    ...["-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2", "-Wl,-rpath,$ORIGIN/tensorflow"],
  ]);
  await rm(join(tensorflow, "include"), { recursive: true });
}

/** Points the package at a built binding. A relink is all that a second clone or a reinstall needs. */
export function linkBinding(folder: string): void {
  if (isLinked(folder)) return;
  mkdirSync(dirname(linkPath), { recursive: true });
  rmSync(linkPath, { force: true });
  symlinkSync(bindingFile(folder), linkPath);
}

export function unlinkBinding(): void {
  rmSync(linkPath, { force: true });
}

export function isLinked(folder: string): boolean {
  const link = lstatSync(linkPath, { throwIfNoEntry: false });
  return link?.isSymbolicLink() === true && readlinkSync(linkPath) === bindingFile(folder) && existsSync(linkPath);
}
