import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "../../src/tensor/tf.ts";

const WORKSPACE = join(import.meta.dirname, "..", "..", "..", "..");

/** What compute nothing: memory, tape, registry and tensors made of numbers, which every case goes through. */
const BOOKKEEPING = new Set([
  "tidy",
  "scoped",
  "keep",
  "dispose",
  "memory",
  "customGrad",
  "variable",
  "variableGrads",
  "grad",
  "grads",
  "engine",
  "env",
  "ready",
  "backend",
  "getBackend",
  "setBackend",
  "getKernel",
  "registerKernel",
  "unregisterKernel",
  "tensor",
  "scalar",
  "tensor1d",
  "tensor2d",
  "tensor3d",
  "tensor4d",
  "tensor5d",
]);

/** Methods that tensors share with what else has dots in this code; of those only `tf.name` is found. */
const AMBIGUOUS = new Set(
  [Array, String, Map, Set, Promise, Float32Array, RegExp, Object].flatMap(({ prototype }) =>
    Object.getOwnPropertyNames(prototype),
  ),
);

/** The operations in use anywhere in the workspace's sources, by name, each with a file that uses it. */
export async function operationsInUse(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of await sources()) {
    const source = await readFile(join(WORKSPACE, path), "utf8");
    for (const name of operationsIn(source)) if (!found.has(name)) found.set(name, path);
  }
  return found;
}

/** The TypeScript files of every package's and app's `src`, from the workspace's root, in the same order everywhere. */
async function sources(): Promise<string[]> {
  const all = await Promise.all(["packages", "apps"].map((folder) => filesOf(folder)));
  return all.flat().sort();
}

async function filesOf(folder: string): Promise<string[]> {
  const projects = await readdir(join(WORKSPACE, folder));
  const files = await Promise.all(
    projects.map(async (project) => {
      const source = join(folder, project, "src");
      const names = await readdir(join(WORKSPACE, source), { recursive: true }).catch(() => []); // a folder without sources
      return names.filter((name) => name.endsWith(".ts")).map((name) => join(source, name));
    }),
  );
  return files.flat();
}

/** The names of `tf.name`, of `runKernel("Name")` and, in files that know tensors, of methods named like operations. */
export function operationsIn(source: string): string[] {
  const code = source.replace(/\/\*[^]*?\*\/|(?<!:)\/\/.*$/gm, "");
  const functions = namesIn(code, /\btf\s*\.\s*([a-z]\w*)/g).filter(isFunctionOfTf);
  const kernels = namesIn(code, /\brunKernel\(\s*["'](\w+)["']/g);
  const methods = /\btf\b/.test(code) ? namesIn(code, CHAINED).filter(isFunctionOfTf) : [];
  const chained = methods.filter((name) => !AMBIGUOUS.has(name));
  return [...new Set([...functions, ...kernels, ...chained])].filter((name) => !BOOKKEEPING.has(name));
}

/** `.name(` or `.name<Type>(` of anything but namespaces that are no tensors. */
const CHAINED = /(?<!\b(?:tf|z|Math|Number|Promise)\s*)\.\s*([a-z]\w*)(?:<[^()]*>)?\(/g;

const namesIn = (code: string, pattern: RegExp): string[] => [...code.matchAll(pattern)].map(([, name]) => name!);

const isFunctionOfTf = (name: string): boolean => typeof (tf as Record<string, unknown>)[name] === "function";
