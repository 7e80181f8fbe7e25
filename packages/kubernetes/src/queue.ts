import type { JobAnswer, PodAnswer } from "./answers.ts";
import { BATCH } from "./manifest.ts";

/** An index of a Job as the cluster lists it. */
export interface QueuedTask {
  /** as the names of its pods begin */
  id: string;
  /** of its batch */
  name: string;
  task: number;
  /** null: it was deleted, and its pods are about to be */
  job: JobAnswer | null;
  /** the newest; null: not made yet, or gone */
  pod: PodAnswer | null;
}

const INDEX = "batch.kubernetes.io/job-completion-index";

/** Puts Jobs and their pods together. Of several pods of an index the one that is not over counts, then the newest. */
export function tasksOf(jobs: readonly JobAnswer[], pods: readonly PodAnswer[]): QueuedTask[] {
  const podsOf = Map.groupBy(pods, ({ metadata }) => `${metadata.labels[BATCH]} ${indexOf(metadata)}`);
  const tasks = jobs.flatMap((job) => {
    const { labels } = job.metadata;
    return Array.from({ length: job.spec.completions }, (_, task) => ({ name: labels[BATCH] ?? "", task, job }));
  });
  const known = new Set(tasks.map(({ name, task }) => `${name} ${task}`));
  const orphans = pods.flatMap(({ metadata }) => {
    const [name = "", task] = [metadata.labels[BATCH], indexOf(metadata)];
    return known.has(`${name} ${task}`) ? [] : [{ name, task, job: null }];
  });
  return [...tasks, ...orphans]
    .filter(({ name }) => name !== "")
    .map((task): QueuedTask => {
      const own = podsOf.get(`${task.name} ${task.task}`) ?? [];
      const sorted = own.toSorted((one, other) => rank(one) - rank(other));
      return { ...task, id: idOf(task.name, task.task), pod: sorted.at(-1) ?? null };
    });
}

export const idOf = (name: string, task: number): string => `${name}-${task}`;

const indexOf = ({ labels, annotations }: PodAnswer["metadata"]): number => Number(labels[INDEX] ?? annotations[INDEX]);

const rank = ({ metadata, status }: PodAnswer): number =>
  Number(metadata.creationTimestamp) + (status.phase === "Succeeded" || status.phase === "Failed" ? 0 : 1e15);

/** Whether an index is among those of 0,3-5. */
export function isAmong(indexes: string | null | undefined, task: number): boolean {
  return (indexes ?? "").split(",").some((range) => {
    const [first, last = first] = range.split("-");
    return range !== "" && Number(first) <= task && task <= Number(last);
  });
}
