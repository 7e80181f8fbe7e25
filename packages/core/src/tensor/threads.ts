import { availableParallelism } from "node:os";
import { UniArmError } from "../schema/error.ts";
import { cgroupCores, fileReader, type ReadText } from "./cgroup-cores.ts";

/** How many threads the engine calculates on, and what says so. */
export interface ThreadChoice {
  threads: number;
  reason: string;
}

export interface Cores {
  /** that this process may be scheduled on: taskset, a container's set of CPUs */
  affinity: number;
  /** whose time the control groups grant, a fraction; null for no limit */
  quota: number | null;
}

export const coresHere = (read: ReadText = fileReader): Cores => ({
  affinity: availableParallelism(),
  quota: cgroupCores(read),
});

/**
 * UNIARM_THREADS, else TensorFlow's own variable, else the cores that are really there. A quota of one and a half cores is two
 * threads: with one the half would be lost.
 * @throws UniArmError threads-invalid
 */
export function chooseThreads(environment: NodeJS.ProcessEnv, { affinity, quota }: Cores): ThreadChoice {
  for (const name of ["UNIARM_THREADS", "TF_NUM_INTRAOP_THREADS"] as const) {
    const given = environment[name];
    if (given === undefined || given === "") continue;
    if (/^[1-9]\d{0,3}$/.test(given)) return { threads: Number(given), reason: name };
    if (name === "UNIARM_THREADS")
      throw new UniArmError(
        "threads-invalid",
        `UNIARM_THREADS is "${given}"; it must be a whole number from 1 to 9999, or not set: then all cores that this process may use are taken.`,
      );
  }
  const granted = quota === null ? Infinity : Math.max(1, Math.ceil(quota));
  if (granted >= affinity) return { threads: affinity, reason: "the cores that this process may run on" };
  return { threads: granted, reason: `its control group grants the time of ${Number(quota!.toFixed(2))} cores` };
}
