import type { Worker } from "../../api/types.ts";

/** Workers that give their runs to Slurm, and have told what those ask for there. */
export const offeringSlurm = (workers: readonly Worker[]) =>
  workers.flatMap((worker) => (worker.offer === null ? [] : [{ ...worker, offer: worker.offer }]));

/** Those that could take a run with these labels. */
export const offeringAll = <W extends Pick<Worker, "labels">>(workers: readonly W[], labels: readonly string[]): W[] =>
  workers.filter((worker) => labels.every((label) => worker.labels.includes(label)));
