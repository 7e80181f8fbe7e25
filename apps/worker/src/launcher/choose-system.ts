import { relative } from "node:path";
import { UniArmError } from "@uniarm/core/schema";
import { openCluster, readSite as readKubernetesSite } from "@uniarm/kubernetes";
import { queue, readSite as readSlurmSite } from "@uniarm/slurm";
import type { Logger } from "pino";
import { batchLauncher, type BatchSettings } from "./batch/batch-launcher.ts";
import { kubernetes } from "./kubernetes/kubernetes.ts";
import type { Launcher } from "./launcher.ts";
import { slurm } from "./slurm/slurm.ts";

/** A system in whose queue jobs wait, by its site file. */
export interface ChosenSystem {
  /** that the site file says something of: each is offered */
  labels: string[];
  launch: (settings: BatchSettings) => Launcher;
}

interface Choice {
  site: string;
  /** of the worker's files */
  base: string;
  log: Logger;
}

/** @throws UniArmError site-missing, site-invalid, slurm-missing, kubernetes-unknown, folder-outside-claim */
export async function chooseSystem(
  name: "slurm" | "kubernetes",
  { site: path, base, log }: Choice,
): Promise<ChosenSystem> {
  if (name === "slurm") {
    const site = readSlurmSite(path);
    await askOnce(queue, log);
    return { labels: Object.keys(site.labels), launch: (settings) => batchLauncher(slurm(site), settings) };
  }
  const site = readKubernetesSite(path);
  const { mountPath } = site.claim;
  if (relative(mountPath, base).startsWith(".."))
    throw new UniArmError(
      "folder-outside-claim",
      `The worker's folder ${base} is not in ${mountPath}, where its jobs see the claim ${site.claim.name}. Name a folder in it with --data, or change claim.mountPath in ${path}.`,
    );
  const cluster = await openCluster(site);
  await askOnce(() => cluster.queue("none"), log);
  return {
    labels: Object.keys(site.labels),
    launch: (settings) => batchLauncher(kubernetes({ site, cluster, ...settings }), settings),
  };
}

/** What is away for the moment is asked again before a run is taken. */
async function askOnce(ask: () => Promise<unknown>, log: Logger): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof UniArmError) || !error.code.endsWith("-away")) throw error;
    log.warn(error.message);
  }
}
