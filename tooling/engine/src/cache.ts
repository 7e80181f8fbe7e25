import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { cacheFolder } from "../../../packages/core/src/files/cache-folder.ts"; // by path: packages may not be linked yet
import { COMPILER_FLAGS, nativeSources } from "./native-sources.ts";
import { cpuFeatures } from "./platform.ts";
import { MissingPrerequisite } from "./prerequisites.ts";

export { cacheFolder };

/** One TensorFlow for everybody: the newest whose wheel was verified with TensorFlow.js 4.22.0. */
export const TENSORFLOW_VERSION = "2.21.0";

export type Variant = "cpu" | "gpu";

/** Bytes to download and take out, with room for the compiler. */
const NEEDED_BYTES: Record<Variant, number> = { cpu: 1.5e9, gpu: 9e9 };
/** A build takes minutes; what is older than this was killed. */
const ABANDONED_AFTER_MS = 3 * 3_600_000;

const platformKey = (variant: Variant): string =>
  `tensorflow-${variant}-${TENSORFLOW_VERSION}-${process.platform}-${process.arch}`;

/** Where TensorFlow's libraries and headers lie, laid out as in Python's site-packages. */
export function tensorflowFolder(variant: Variant, environment: NodeJS.ProcessEnv = process.env): string {
  return join(cacheFolder(environment), "engine", platformKey(variant));
}

/**
 * Where the binding lies that is compiled of this clone's sources for this CPU. It uses Node-API 8, so one build serves
 * Node 20 and 22.
 */
export function bindingFolder(variant: Variant, environment: NodeJS.ProcessEnv = process.env): string {
  return join(cacheFolder(environment), "engine", `${platformKey(variant)}-napi8-${sourcesKey()}`);
}

function sourcesKey(): string {
  const hash = createHash("sha256").update(JSON.stringify(COMPILER_FLAGS)).update(cpuFeatures());
  for (const path of nativeSources()) hash.update(basename(path)).update(readFileSync(path));
  return hash.digest("hex").slice(0, 12);
}

export const bindingFile = (folder: string): string => join(folder, "tfjs_binding.node");
export const isBuilt = (folder: string): boolean => existsSync(bindingFile(folder));
/** The headers leave the wheel last. */
export const hasTensorFlow = (folder: string): boolean =>
  existsSync(join(folder, "tensorflow", "include", "tensorflow", "c", "c_api.h"));

/**
 * Builds in a sibling folder and renames it when complete: a half-finished build is never taken for a whole one, and of
 * two at once the first to finish is kept.
 * @throws MissingPrerequisite where the disk has no room or may not be written
 */
export async function buildOnce(
  folder: string,
  isComplete: (folder: string) => boolean,
  build: (partial: string) => Promise<void>,
  neededBytes = 0,
): Promise<void> {
  if (isComplete(folder)) return;
  const partial = startPartial(folder, neededBytes);
  try {
    await build(partial);
    if (!isComplete(partial)) throw new Error(`what was made for ${basename(folder)} is not complete`);
    if (isComplete(folder)) return; // another install was quicker
    rmSync(folder, { recursive: true, force: true }); // an incomplete folder is of no use
    try {
      renameSync(partial, folder);
    } catch (error) {
      if (!isComplete(folder)) throw error;
    }
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

export const bytesFor = (variant: Variant): number => NEEDED_BYTES[variant];

function startPartial(folder: string, neededBytes: number): string {
  const parent = dirname(folder);
  try {
    mkdirSync(parent, { recursive: true });
    removeAbandoned(folder);
    requireSpace(parent, neededBytes);
    return mkdtempSync(`${folder}.partial-`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EROFS" && code !== "EPERM") throw error;
    throw new MissingPrerequisite(`${parent} may not be written (${code}); UNIARM_CACHE names another folder`);
  }
}

function removeAbandoned(folder: string): void {
  const parent = dirname(folder);
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(`${basename(folder)}.partial-`)) continue;
    const path = join(parent, name);
    const ageMs = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (ageMs > ABANDONED_AFTER_MS) rmSync(path, { recursive: true, force: true });
  }
}

function requireSpace(folder: string, needed: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= needed) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new MissingPrerequisite(
    `building it needs ${gigabytes(needed)} of disk and ${folder} has ${gigabytes(free)} free (UNIARM_CACHE names another folder)`,
  );
}
