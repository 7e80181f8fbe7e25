import { randomBytes, randomUUID } from "node:crypto";
import type { V1Job, V1Pod, V1PodCondition } from "@kubernetes/client-node";

/** As they go over the wire: times are texts. */
type Wire<T> = T extends Date ? string : T extends object ? { [Key in keyof T]: Wire<T[Key]> } : T;
export type Job = Wire<V1Job> & { metadata: { name: string; labels: Record<string, string> } };
export type Pod = Wire<V1Pod> & { metadata: { name: string }; status: NonNullable<Wire<V1Pod>["status"]> };

/** Why a pod ended, as the kubelet writes it. */
export interface PodEnd {
  phase: "Succeeded" | "Failed";
  exitCode?: number;
  /** of the container */
  reason?: string;
  /** of the pod */
  podReason?: string;
  message?: string;
}

/** Jobs and pods of a namespace, with what the Job controller makes of them. */
export interface Store {
  jobs: Map<string, Job>;
  pods: Map<string, Pod>;
  /** @returns null where there is one of that name */
  createJob: (body: Job) => Job | null;
  /** With its pods, in the background. */
  deleteJob: (name: string) => void;
  /** Marks a pod; it goes when its process has ended, at once where it has none. */
  deletePod: (name: string, graceSeconds: number | null) => void;
  /** Puts a condition into a pod's status. */
  mark: (pod: Pod, condition: Pick<V1PodCondition, "type" | "status" | "reason" | "message">) => void;
  end: (pod: Pod, end: PodEnd) => void;
}

/** What runs pods. */
export interface Kubelet {
  start: (pod: Pod) => void;
  stop: (pod: Pod, graceSeconds: number) => void;
}

const INDEX = "batch.kubernetes.io/job-completion-index";

export function createStore(kubelet: (store: Store) => Kubelet): Store {
  const [jobs, pods] = [new Map<string, Job>(), new Map<string, Pod>()];
  let ticks = 0;
  /** Only their order counts. */
  const now = (): string => new Date(Date.UTC(2026, 0, 1) + 1000 * ticks++).toISOString().replace(".000Z", "Z");

  const makePod = (job: Job, index: number): Pod => {
    const { name } = job.metadata;
    const { template } = job.spec!;
    const labels = { ...template.metadata?.labels, "batch.kubernetes.io/job-name": name, [INDEX]: String(index) };
    const [container] = template.spec!.containers;
    const env = [...(container!.env ?? []), { name: "JOB_COMPLETION_INDEX", value: String(index) }];
    return {
      metadata: {
        name: `${name}-${index}-${randomBytes(3).toString("hex").slice(0, 5)}`,
        namespace: job.metadata.namespace!,
        uid: randomUUID(),
        creationTimestamp: now(),
        labels,
        annotations: { [INDEX]: String(index) },
      },
      spec: { ...template.spec!, containers: [{ ...container!, env }] },
      status: { phase: "Pending" },
    };
  };

  /** An index whose pod has ended or gone is over: there is no second try. */
  const account = (pod: Pod): void => {
    const labels = pod.metadata.labels!;
    const job = jobs.get(labels["batch.kubernetes.io/job-name"]!);
    if (!job) return;
    const list = pod.status.phase === "Succeeded" ? "completedIndexes" : "failedIndexes";
    const status = job.status!;
    const indexes = new Set((status[list] ?? "").split(",").filter(Boolean)).add(labels[INDEX]!);
    status[list] = [...indexes].toSorted((one, other) => Number(one) - Number(other)).join(",");
    const over = [status.completedIndexes, status.failedIndexes].flatMap((text) =>
      (text ?? "").split(",").filter(Boolean),
    );
    if (over.length < job.spec!.completions!) return;
    const condition = status.failedIndexes
      ? { type: "Failed", reason: "FailedIndexes", message: "Job has failed indexes" }
      : { type: "Complete", reason: "CompletionsReached", message: "Reached expected number of succeeded pods" };
    status.conditions = [{ ...condition, status: "True" }];
  };

  const store: Store = {
    jobs,
    pods,
    createJob: (body) => {
      const { name } = body.metadata;
      if (jobs.has(name)) return null;
      const metadata = { ...body.metadata, uid: randomUUID(), creationTimestamp: now() };
      const job: Job = { ...body, metadata, status: {} };
      jobs.set(name, job);
      if (job.spec!.suspend !== true)
        for (let index = 0; index < job.spec!.completions!; index++) {
          const pod = makePod(job, index);
          pods.set(pod.metadata.name, pod);
          runner.start(pod);
        }
      return job;
    },
    deleteJob: (name) => {
      jobs.delete(name);
      for (const pod of pods.values())
        if (pod.metadata.labels!["batch.kubernetes.io/job-name"] === name) store.deletePod(pod.metadata.name, null);
    },
    deletePod: (name, graceSeconds) => {
      const pod = pods.get(name)!;
      const grace = graceSeconds ?? pod.spec!.terminationGracePeriodSeconds!;
      pod.metadata.deletionTimestamp ??= now();
      pod.metadata.deletionGracePeriodSeconds = grace;
      if (pod.status.phase === "Running") return runner.stop(pod, grace);
      pods.delete(name);
      if (pod.status.phase === "Pending") account(pod);
    },
    mark: (pod, condition) => {
      const others = (pod.status.conditions ?? []).filter(({ type }) => type !== condition.type);
      pod.status.conditions = [...others, condition];
    },
    end: (pod, { phase, exitCode, reason, podReason, message }) => {
      const { name } = pod.spec!.containers[0]!;
      const terminated = { exitCode: exitCode ?? 0, reason: reason ?? (exitCode ? "Error" : "Completed") };
      const status = { name, image: "", imageID: "", ready: false, restartCount: 0, state: { terminated } };
      pod.status = {
        ...pod.status,
        phase,
        ...(podReason === undefined ? {} : { reason: podReason }),
        ...(message === undefined ? {} : { message }),
        ...(exitCode === undefined ? {} : { containerStatuses: [status] }),
      };
      account(pod);
      if (pod.metadata.deletionTimestamp) pods.delete(pod.metadata.name);
    },
  };
  const runner = kubelet(store);
  return store;
}
