import type { V1Job } from "@kubernetes/client-node";
import { stringify } from "yaml";
import type { Resources, Site } from "./site.ts";
import { secondsOf } from "./time.ts";

/** Several jobs that ask for the same, as one Job with an index for each. */
export interface Batch {
  /** unlike that of any other: by it jobs are found again */
  name: string;
  /** whose batch it is, see `workerLabel` */
  worker: string;
  /** ids of the attempts, by index */
  attempts: readonly string[];
  /** holds the manifest, and is the working folder */
  folder: string;
  resources: Resources;
  /** what the job finds in its environment; nothing else of the worker's is passed on */
  environment: Readonly<Record<string, string>>;
  /** program and arguments; it finds its index in JOB_COMPLETION_INDEX */
  command: readonly string[];
  /** from the request to end until it is killed */
  graceSeconds: number;
}

export const MANAGED_BY = "app.kubernetes.io/managed-by";
export const WORKER = "uniarm/worker";
export const BATCH = "uniarm/batch";
export const ATTEMPTS = "uniarm/attempts";
/** The container of a pod that runs the job. */
export const CONTAINER = "job";
/**
 * A job ends itself when its time is over, counted from its own beginning. So much later Kubernetes ends what did not: a
 * pod's time counts from when its node takes it, before its image is there.
 */
const PULL_SECONDS = 900;

/** What is given to Kubernetes, whole. */
export function jobManifest(site: Site, batch: Batch): V1Job {
  const {
    cpus,
    memory,
    gpus = 0,
    gpuResource = "nvidia.com/gpu",
    time,
    nodeSelector,
    tolerations,
    priorityClass,
  } = batch.resources;
  const labels = { [MANAGED_BY]: "uniarm", [WORKER]: batch.worker, [BATCH]: batch.name };
  const asked = {
    ...(cpus === undefined ? {} : { cpu: String(cpus) }),
    ...(memory === undefined ? {} : { memory }),
    ...(gpus === 0 ? {} : { [gpuResource]: String(gpus) }),
  };
  const seconds = time === undefined ? null : secondsOf(time);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: batch.name,
      namespace: site.namespace,
      labels,
      annotations: { [ATTEMPTS]: JSON.stringify(batch.attempts) },
    },
    spec: {
      completionMode: "Indexed",
      completions: batch.attempts.length,
      parallelism: batch.attempts.length,
      backoffLimitPerIndex: 0, // an attempt is begun once; its run is given to a new one
      podReplacementPolicy: "Failed",
      ttlSecondsAfterFinished: (site.awayMinutes + 60) * 60, // the worker deletes it before
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          ...(site.serviceAccount === undefined ? {} : { serviceAccountName: site.serviceAccount }),
          ...(site.pullSecrets.length === 0 ? {} : { imagePullSecrets: site.pullSecrets.map((name) => ({ name })) }),
          ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
          ...(nodeSelector === undefined ? {} : { nodeSelector }),
          ...(tolerations === undefined ? {} : { tolerations }),
          ...(seconds === null ? {} : { activeDeadlineSeconds: seconds + PULL_SECONDS }),
          terminationGracePeriodSeconds: batch.graceSeconds,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: site.user,
            runAsGroup: site.group,
            seccompProfile: { type: "RuntimeDefault" },
          },
          containers: [
            {
              name: CONTAINER,
              image: site.image,
              command: [...batch.command],
              workingDir: batch.folder,
              env: [
                { name: "HOME", value: "/tmp" },
                ...Object.entries(batch.environment).map(([name, value]) => ({ name, value: literal(value) })),
                ...Object.entries(site.secrets).map(([name, secretKeyRef]) => ({ name, valueFrom: { secretKeyRef } })),
              ],
              resources: Object.keys(asked).length === 0 ? {} : { requests: asked, limits: asked },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
              terminationMessagePolicy: "FallbackToLogsOnError",
              volumeMounts: [
                { name: "shared", mountPath: site.claim.mountPath },
                { name: "tmp", mountPath: "/tmp" },
              ],
            },
          ],
          volumes: [
            { name: "shared", persistentVolumeClaim: { claimName: site.claim.name } },
            { name: "tmp", emptyDir: {} },
          ],
        },
      },
    },
  };
}

/** As `kubectl` reads it. */
export const manifestText = (job: V1Job): string => stringify(job);

/** Kubernetes puts variables in place of $(NAME), and takes $$ for $. */
const literal = (text: string): string => text.replaceAll("$(", "$$$$(");
