import { UniArmError } from "../schema/error.ts";
import { executeOne } from "./native.ts";
import * as tf from "./tf.ts";

/** Instructions that a product with quantized weights is written for, best last; the numbers are those of native/block-path.h. */
const PATHS = { portable: 0, neon: 5, avx2: 1, "avx-vnni": 4, avx512: 2, vnni: 3 } as const;
export type CpuPath = keyof typeof PATHS;

let supported: Int32Array | null = null;
let forced: CpuPath | null = null;

/** The paths that this CPU can run, best last. */
export function cpuPaths(): CpuPath[] {
  supported ??= tf.tidy(() => executeOne("UniarmCpuPaths", {}, []).dataSync<"int32">());
  return (Object.keys(PATHS) as CpuPath[]).filter((path) => supported![PATHS[path]] === 1);
}

/**
 * The number by which the engine knows the path that UNIARM_CPU names, else the best one.
 * @throws UniArmError cpu-path-unsupported
 */
export function cpuPathNumber(): number {
  const possible = cpuPaths();
  const wanted = forced ?? (process.env.UNIARM_CPU || possible.at(-1)!);
  const path = possible.find((name) => name === wanted);
  if (path === undefined) {
    const known = wanted in PATHS ? "this CPU lacks those instructions" : "there are no such instructions";
    throw new UniArmError(
      "cpu-path-unsupported",
      `UNIARM_CPU is "${wanted}", but ${known}. Here it may be ${possible.join(", ")}; without it the best of them is used.`,
    );
  }
  return PATHS[path];
}

/** Runs work with the instructions of one path, so that tests can compare them. */
export function withCpuPath<T>(path: CpuPath, work: () => T): T {
  const before = forced;
  forced = path;
  try {
    return work();
  } finally {
    forced = before;
  }
}
