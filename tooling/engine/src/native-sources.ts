import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
export const packageFolder = dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json"));
export const headersFolder = join(dirname(require.resolve("node-api-headers/package.json")), "include");
export const nativeFolder = join(import.meta.dirname, "..", "native");

/** How everything is compiled, and what our own operations are compiled with besides. */
export const COMPILER_FLAGS = {
  all: ["-std=c++17", "-fPIC", "-pthread"],
  package: ["-O2", "-DNAPI_VERSION=8"],
  // no rule of arithmetic is relaxed but the fusing of a product and a sum; NaN stays NaN
  operations: ["-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast", "-Wno-psabi"],
} as const;

/** The package's own sources of its binding. */
export const packageSources = (): string[] =>
  ["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(packageFolder, "binding", name));

/** Our operations, one object file each. */
export const operationSources = (): string[] =>
  namesIn(nativeFolder)
    .filter((name) => /^ops-.*\.cc$/.test(name))
    .map((name) => join(nativeFolder, name));

/** All that a build depends on, headers included. */
export const nativeSources = (): string[] => [
  ...packageSources(),
  ...namesIn(nativeFolder).map((name) => join(nativeFolder, name)),
];

const namesIn = (folder: string): string[] => readdirSync(folder).sort();
