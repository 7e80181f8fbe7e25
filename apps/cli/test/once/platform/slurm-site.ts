import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { slurmMissing, startCluster, type Cluster, type ClusterSize } from "@uniarm/slurm/testing";
import { startPlatform, type Platform } from "./platform.ts";
import {
  killProgram,
  ONE_THREAD,
  startWorker,
  watchExecutions,
  type Executions,
  type StartedWorker,
} from "./workers.ts";

/** A platform without a worker of its own, a cluster, and a worker on its login node, which submits jobs that have no network. */
export interface SlurmSite {
  platform: Platform;
  cluster: Cluster;
  executions: Executions;
  said: () => string;
  /** kill -9 of the worker itself. */
  killWorker: () => Promise<void>;
  /** `within`: a program that the worker is started by. */
  startWorker: (within?: readonly string[]) => void;
  stopWorker: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Why Slurm's tests are skipped; null: they run. */
export const withoutSlurm = slurmMissing();
export const onSlurm = `on a real Slurm${withoutSlurm === null ? "" : ` (skipped: ${withoutSlurm})`}`;

export interface SlurmSiteOptions {
  /** of the site file */
  settings?: Record<string, unknown>;
  size?: ClusterSize;
  /** the worker is started by the test */
  withoutWorker?: boolean;
  /** folder whose programs stand before Slurm's */
  programs?: string;
}

export async function openSlurmSite({
  settings = {},
  size = {},
  withoutWorker = false,
  programs,
}: SlurmSiteOptions = {}): Promise<SlurmSite> {
  const [cluster, platform] = await Promise.all([startCluster(size), startPlatform({ flags: ["--no-worker"] })]);
  const folder = join(platform.folder, "login-node");
  mkdirSync(folder);
  const executions = watchExecutions(folder);
  const exported = { ...executions.environment, ...ONE_THREAD };
  const site = {
    job: { cpus: 1, memory: "900M", time: "1:00:00" },
    saveSeconds: 30,
    setup: Object.entries(exported).map(([name, value]) => `export ${name}=${value}`),
    prefix: canUnshare("--net") ? ["unshare", "--net"] : [],
    ...settings,
  };
  const file = join(folder, "slurm.yaml");
  writeFileSync(file, JSON.stringify(site));
  const start = (within: readonly string[] = []): StartedWorker =>
    startWorker(platform, folder, {
      flags: ["--launcher", "slurm", "--site", file],
      within,
      environment: {
        ...cluster.environment,
        ...(programs === undefined ? {} : { PATH: `${programs}:${process.env.PATH}` }),
      },
    });
  let worker = withoutWorker ? null : start();
  return {
    platform,
    cluster,
    executions,
    said: () => worker?.said() ?? "",
    startWorker: (within) => {
      worker = start(within);
    },
    stopWorker: async () => void (await worker?.stop()),
    killWorker: () => killProgram(worker!),
    stop: async () => {
      await worker?.stop();
      await cluster.stop();
      await platform.stop();
      await platform.remove();
    },
  };
}

export function canUnshare(what: "--net" | "--pid"): boolean {
  try {
    execFileSync("unshare", [what, "--fork", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
