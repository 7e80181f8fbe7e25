import * as kubernetes from "@uniarm/kubernetes";
import {
  askedText,
  hoursText,
  planLaunch,
  submissionSteps,
  type Counted,
  type JobNode,
  type Layers,
  type SubmissionStep,
} from "@uniarm/pipeline/schema";
import * as slurm from "@uniarm/slurm";
import { COUNTED } from "@uniarm/slurm/schema";
import { table } from "../server/table.ts";
import type { LaunchEstimate } from "./estimate.ts";

/** What a study comes to where its jobs wait in a queue, and what would be submitted. */
export interface SitePlan {
  system: "slurm" | "kubernetes";
  steps: (SubmissionStep<object> & { script: string })[];
}

interface Planned {
  project: string;
  labels: readonly string[];
  estimates: LaunchEstimate | null;
}

const [NAME, FOLDER, PROGRAM] = ["uniarm-ATTEMPT-TIME", "FOLDER OF THE BATCH", "PROGRAM OF THE WORKER"];

/** What a study comes to in Slurm, before anything is submitted. @throws UniArmError config-invalid, site-missing, site-invalid */
export function planOnSlurm(config: unknown, file: string, planned: Planned): SitePlan {
  const site = slurm.readSite(file);
  const steps = stepsOf(config, site, COUNTED, planned, ({ jobs, resources }) =>
    slurm.batchScript(site, {
      name: NAME,
      comment: "which attempts",
      folder: FOLDER,
      tasks: Math.min(jobs.length, site.arrayTasks),
      resources,
      environment: {},
      command: [site.node ?? process.execPath, PROGRAM, FOLDER],
    }),
  );
  return { system: "slurm", steps };
}

/** The same in Kubernetes: its scripts are manifests. @throws UniArmError config-invalid, site-missing, site-invalid */
export function planOnKubernetes(config: unknown, file: string, planned: Planned): SitePlan {
  const site = kubernetes.readSite(file);
  const steps = stepsOf(config, site, kubernetes.COUNTED, planned, ({ jobs, resources }) =>
    kubernetes.manifestText(
      kubernetes.jobManifest(site, {
        name: NAME.toLowerCase(),
        worker: "which-worker",
        attempts: jobs.slice(0, site.arrayTasks).map((_, index) => `attempt-${index}`),
        folder: `${site.claim.mountPath}/${FOLDER}`,
        resources,
        environment: {},
        command: [site.node, `${site.program}/${PROGRAM}`, FOLDER],
        graceSeconds: site.saveSeconds,
      }),
    ),
  );
  return { system: "kubernetes", steps };
}

function stepsOf<R extends object>(
  config: unknown,
  site: Layers<R> & { arrayTasks: number },
  counted: Counted<R>,
  { estimates, ...asking }: Planned,
  script: (step: SubmissionStep<R>) => string,
): SitePlan["steps"] {
  const nodes: readonly JobNode[] = planLaunch("study", config).nodes;
  return submissionSteps(nodes, site, counted, { ...asking, known: estimates?.runs ?? [] }).map((step) => ({
    ...step,
    script: script(step),
  }));
}

const WORDS = {
  slurm: { together: "arrays", comment: "#" },
  kubernetes: { together: "Indexed Jobs", comment: "---\n#" },
} as const;

/** As a table, and each script once. */
export function sitePlanText({ system, steps }: SitePlan): string {
  const { together, comment } = WORDS[system];
  const rows = steps.map((step) => [
    String(step.depth + 1),
    step.kinds.join(", "),
    String(step.jobs.length),
    step.jobs.length > step.arrays ? String(step.arrays) : "-",
    askedText(step.resources) || "-",
    hoursText(step.hoursAtMost),
    hoursText(step.gpuHoursAtMost),
    hoursText(step.hoursExpected),
    step.memoryMbExpected === null ? "?" : `${Math.round(step.memoryMbExpected)} MB`,
  ]);
  const heading = [
    "step",
    "kinds",
    "jobs",
    together,
    "asks for",
    "hours at most",
    "GPU hours at most",
    "hours by past runs",
    "memory by past runs",
  ];
  const jobs = steps.reduce((sum, step) => sum + step.jobs.length, 0);
  const scripts = [...new Map(steps.map((step) => [step.script, step])).values()];
  return (
    `${table(heading, rows)}\n${jobs} jobs; a step begins when what it reads is there, and what asks for the same is submitted together. ` +
    "At most: the time limits of all its jobs. By past runs: what the server knows of such runs, waits in the queue included.\n" +
    scripts.map((step) => `\n${comment} ${step.kinds.join(", ")} of step ${step.depth + 1}\n${step.script}`).join("")
  );
}
