import type { AttemptEnd } from "@uniarm/core/schema";
import type { JobFate, JobMeaning } from "@uniarm/pipeline/schema";
import type { PodAnswer } from "./answers.ts";
import { isAmong, type QueuedTask } from "./queue.ts";
import type { Resources } from "./site.ts";

const SITE = "Change that in the site file, then resume the run";

/** Reasons of a container that waits for what will not come. */
const NEVER = new Set(["InvalidImageName", "CreateContainerConfigError", "CreateContainerError", "ErrImageNeverPull"]);
/** Of a container that could not be started at all. */
const NOT_STARTED = new Set(["StartError", "ContainerCannotRun"]);

/** Conditions of a pod that was ended for the cluster's sake (DisruptionTarget), by their reasons. */
const DISRUPTIONS: Record<string, [AttemptEnd, (id: string) => string]> = {
  PreemptionByScheduler: ["DRAINED", (id) => `${job(id)} made room for a more urgent one`],
  EvictionByEvictionAPI: ["DRAINED", (id) => `${job(id)} was moved off its node, which is drained`],
  TerminationByKubelet: ["DRAINED", (id) => `the node of ${job(id)} shuts down, or ends it for one that it needs more`],
  DeletionByTaintManager: ["LOST", (id) => `the node of ${job(id)} does not answer, or takes it no more`],
  DeletionByPodGC: ["LOST", (id) => `the node of ${job(id)} is gone`],
};

/** @param hasBegun by its own word */
export function meaningOf(task: QueuedTask, asked: Resources, hasBegun: boolean): JobMeaning {
  return task.pod === null ? withoutPod(task, hasBegun) : byPod(task.id, task.pod, asked);
}

function withoutPod({ id, task, job: known }: QueuedTask, hasBegun: boolean): JobMeaning {
  const { completedIndexes, failedIndexes, conditions } = known!.status;
  if (isAmong(completedIndexes, task)) return { type: "ended", end: "LOST", sentence: silent(id) };
  if (isAmong(failedIndexes, task) && !hasBegun) return { type: "ended", ...deleted(id) }; // its pod would be there
  if (isAmong(failedIndexes, task))
    return { type: "ended", end: "LOST", sentence: `${job(id)} failed, and its pod is gone` };
  const failed = conditions?.find(({ type, status }) => type === "Failed" && status === "True");
  if (failed) return { type: "ended", end: "LOST", sentence: `${job(id)} failed: ${saidBy(failed)}` };
  if (known!.spec.suspend === true) {
    const name = known!.metadata.name;
    const sentence = `${job(id)} is suspended; let it go: kubectl patch job ${name} -p '{"spec":{"suspend":false}}'`;
    return { type: "waiting", sentence };
  }
  return { type: "waiting", sentence: `waits in Kubernetes for the pod of job ${id}` };
}

function byPod(id: string, pod: PodAnswer, asked: Resources): JobMeaning {
  const { phase } = pod.status;
  const disruption = disruptionOf(id, pod);
  if (phase === "Failed") return { type: "ended", ...(disruption ?? failureOf(id, pod, asked)) };
  if (phase === "Succeeded") return { type: "ended", end: "LOST", sentence: silent(id) };
  const told = disruption ?? (pod.metadata.deletionTimestamp ? deleted(id) : null);
  if (phase === "Running" || told) return { type: "running", ...(told ? { told } : {}) };
  return pending(id, pod);
}

/** What it is where somebody deleted a pod or its Job. */
export const deleted = (id: string): JobFate => ({
  end: "CANCELLED",
  sentence: `${job(id)} was deleted in Kubernetes, not here`,
});

function disruptionOf(id: string, { status }: PodAnswer): JobFate | null {
  const condition = status.conditions?.find((one) => one.type === "DisruptionTarget" && one.status === "True");
  // pressure is a matter of what it used: it counts as a loss, so that it does not go on for ever
  if (!condition || status.reason === "Evicted") return null;
  const [end, sentence] = DISRUPTIONS[condition.reason ?? ""] ?? [
    "DRAINED",
    () => `${job(id)} made room (${saidBy(condition)})`,
  ];
  return { end, sentence: sentence(id) };
}

function pending(id: string, { status }: PodAnswer): JobMeaning {
  const waiting = status.containerStatuses?.[0]?.state?.waiting;
  const reason = waiting?.reason ?? "";
  if (NEVER.has(reason))
    return { type: "hopeless", end: "FAILED", sentence: `${job(id)} can never start (${saidBy(waiting!)}). ${SITE}` };
  if (reason === "ErrImagePull" || reason === "ImagePullBackOff")
    return {
      type: "waiting",
      sentence: `${job(id)} waits for its image, which cannot be pulled (${saidBy(waiting!)})`,
    };
  const scheduled = status.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False" && scheduled.reason === "SchedulingGated")
    return { type: "waiting", sentence: `${job(id)} is held by a scheduling gate` };
  if (scheduled?.status === "False")
    return { type: "waiting", sentence: `${job(id)} waits for a node (${saidBy(scheduled)})` };
  return { type: "waiting", sentence: `waits in Kubernetes as job ${id}` };
}

function failureOf(id: string, { status, metadata }: PodAnswer, { time, memory }: Resources): JobFate {
  const terminated = status.containerStatuses?.[0]?.state?.terminated;
  const lost = (sentence: string): JobFate => ({ end: "LOST", sentence });
  if (status.reason === "Evicted") return lost(`${job(id)} was evicted from its node (${status.message ?? "Evicted"})`);
  if (status.reason === "DeadlineExceeded")
    return lost(
      `${job(id)} reached its time limit${time === undefined ? "" : ` of ${time}`} before it had saved: raise saveSeconds or time in the site file`,
    );
  if (terminated?.reason === "OOMKilled") {
    const given = memory === undefined ? "" : ` (${memory})`;
    return lost(`${job(id)} used more memory than it was given${given}: ask for more in the site file`);
  }
  if (NOT_STARTED.has(terminated?.reason ?? ""))
    return { end: "FAILED", sentence: `${job(id)} could not be started (${saidBy(terminated!)}). ${SITE}` };
  if (metadata.deletionTimestamp) return deleted(id);
  if (!terminated) return lost(`the node of ${job(id)} refused or lost it (${saidBy(status)})`);
  const said = terminated.message ? `; it said: ${terminated.message.trim().slice(-1000)}` : "";
  return lost(`${job(id)} ended with exit code ${terminated.exitCode}${said}`);
}

const job = (id: string): string => `Kubernetes job ${id}`;
const silent = (id: string): string => `${job(id)} ended without saying how: its folder was out of reach`;
const saidBy = ({
  reason,
  message,
}: {
  reason?: string | null | undefined;
  message?: string | null | undefined;
}): string => [reason, message].filter(Boolean).join(": ") || "no reason given";
