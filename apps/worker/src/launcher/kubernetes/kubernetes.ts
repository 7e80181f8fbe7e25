import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { resourcesOf } from "@uniarm/pipeline/schema";
import {
  deleted,
  idOf,
  jobManifest,
  meaningOf,
  secondsOf,
  type ClusterApi,
  type QueuedTask,
  type Resources,
  type Site,
} from "@uniarm/kubernetes";
import { programIn } from "../batch/prepare-batch.ts";
import { writeWhole } from "../batch/spool.ts";
import type { BatchSystem } from "../batch/system.ts";
import { ended, type Judge } from "../batch/verdict.ts";

const JOB = "job.json";
/** A pod that was told to end is there for longer than it takes until the cluster is asked again, which tells why. */
const LINGER_MS = 8000;
/** From the end of what a job may take to that of its pod. */
const MARGIN_SECONDS = 5;
/** For what has had its time. */
const AT_ONCE_SECONDS = 1;

const judge: Judge<Resources> = {
  title: "Kubernetes",
  outOfMemory: () => null, // its pod says so
  whyEnded: ({ sentence }) => sentence,
  forgottenBefore: ({ id, isSure }) => {
    const { end, sentence } = deleted(id);
    return isSure ? ended(end, sentence) : { do: "submit" }; // it forgets nothing by itself
  },
};

interface KubernetesSettings {
  site: Site;
  cluster: ClusterApi;
  /** of the worker */
  folder: string;
  graceMs: number;
}

/** Jobs of Kubernetes: what is submitted together is one Job, with a pod for each. */
export function kubernetes(settings: KubernetesSettings): BatchSystem<QueuedTask, Resources> {
  const { site, cluster, folder, graceMs } = settings;
  /** Found again by the next worker of this folder; other workers of the namespace have other folders. */
  const worker = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  return {
    name: "kubernetes",
    title: "Kubernetes",
    mostTogether: site.arrayTasks,
    saveSeconds: site.saveSeconds,
    awaySeconds: site.awayMinutes * 60,
    lingerMs: LINGER_MS,
    offer: null, // the launch form plans for Slurm alone
    resourcesOf: (order) => resourcesOf(site, order),
    limitSeconds: ({ time }) => (time === undefined ? null : secondsOf(time)),
    write: ({ name, folder: batch, orders, asked, environment }) =>
      writeWhole(
        join(batch, JOB),
        jobManifest(site, {
          name,
          worker,
          attempts: orders.map(({ attemptId }) => attemptId),
          folder: batch,
          resources: asked,
          environment,
          command: [site.node, programIn(site.program), batch],
          graceSeconds: Math.ceil((graceMs + LINGER_MS) / 1000) + MARGIN_SECONDS,
        }),
      ),
    submit: async (batch) => {
      await cluster.submit(JSON.parse(await readFile(join(batch, JOB), "utf8")) as ReturnType<typeof jobManifest>);
      return basename(batch);
    },
    idOf: ({ task }, name) => idOf(name, task),
    idAgain: ({ batch, task }) => idOf(basename(batch), task),
    queue: () => cluster.queue(worker),
    meaningOf,
    canBeTold: ({ pod, job }) => pod !== null || job?.spec.completions === 1,
    end: async (now, kindly) => {
      for (const { pod, name } of now) {
        if (pod === null) await cluster.deleteJob(name);
        else await cluster.deletePod(pod.metadata.name, AT_ONCE_SECONDS);
      }
      for (const { pod } of kindly) if (pod !== null) await cluster.deletePod(pod.metadata.name);
    },
    forget: async (names) => {
      for (const name of names) await cluster.deleteJob(name);
    },
    printed: () => Promise.resolve(""),
    judge,
  };
}
