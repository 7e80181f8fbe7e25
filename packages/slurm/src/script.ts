import type { Resources, Site } from "./site.ts";

/** Several jobs that ask for the same: one array, or a plain job where there is one. */
export interface Batch {
  /** unlike that of any other: by it jobs are found again */
  name: string;
  comment: string;
  /** holds the script and what Slurm itself prints, and is the working folder */
  folder: string;
  tasks: number;
  resources: Resources;
  /** what the job finds in its environment; nothing else of the submitter's is passed on */
  environment: Readonly<Record<string, string>>;
  /** program and arguments; the number of its task follows */
  command: readonly string[];
}

/** Told to the batch script alone, which passes it on as it sees fit. */
const SAVE_SIGNAL = "USR2";

/** What is given to sbatch, whole: nothing is added on its command line. */
export function batchScript(site: Site, batch: Batch): string {
  const { partition, account, qos, gres, cpus, memory, time, lines = [] } = batch.resources;
  const isArray = batch.tasks > 1;
  const asked: Record<string, string | number | undefined> = {
    partition,
    account,
    qos,
    gres,
    "cpus-per-task": cpus,
    mem: memory,
    time,
  };
  const options = [
    `--job-name=${batch.name}`,
    `--comment=${quoted(batch.comment)}`,
    `--chdir=${quoted(batch.folder)}`,
    `--output=${isArray ? "slurm-%a.out" : outputOf(0)}`,
    "--open-mode=append",
    "--export=NONE",
    "--no-requeue", // an attempt is begun once; its run is given to a new one
    `--signal=B:${SAVE_SIGNAL}@${site.saveSeconds}`,
    ...(isArray ? [`--array=0-${batch.tasks - 1}`] : []),
    ...Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`])),
    ...lines,
  ];
  const environment = Object.entries(batch.environment).map(([name, value]) => `export ${name}=${shellWord(value)}`);
  return [
    "#!/bin/bash",
    ...options.map((option) => `#SBATCH ${option}`),
    ...environment,
    ...(site.scratch === undefined ? [] : [`export UNIARM_SCRATCH="${site.scratch}"`]),
    ...site.setup,
    `exec ${[...site.prefix, ...batch.command].map(shellWord).join(" ")} "\${SLURM_ARRAY_TASK_ID:-0}"`,
    "",
  ].join("\n");
}

/** What Slurm itself prints of a task, in the batch's folder. */
export const outputOf = (task: number): string => `slurm-${task}.out`;

/** As a line of options wants it. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;

const shellWord = (text: string): string =>
  /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
