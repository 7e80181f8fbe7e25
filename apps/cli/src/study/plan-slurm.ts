import { batchScript, readSite, type Resources } from "@uniarm/slurm";
import { askedText, hoursText, submissionSteps, type SubmissionStep } from "@uniarm/slurm/schema";
import { planLaunch } from "@uniarm/pipeline/schema";
import { table } from "../server/table.ts";
import type { LaunchEstimate } from "./estimate.ts";

export interface SlurmPlan {
  steps: (SubmissionStep<Resources> & { script: string })[];
}

interface Planned {
  project: string;
  labels: readonly string[];
  estimates: LaunchEstimate | null;
}

/** What a study comes to in Slurm, before anything is submitted. @throws UniArmError config-invalid, site-missing, site-invalid */
export function planOnSlurm(config: unknown, file: string, { estimates, ...asking }: Planned): SlurmPlan {
  const site = readSite(file);
  const { nodes } = planLaunch("study", config);
  const steps = submissionSteps(nodes, site, { ...asking, known: estimates?.runs ?? [] }).map((step) => ({
    ...step,
    script: batchScript(site, {
      name: "uniarm-ATTEMPT-TIME",
      comment: "which attempts",
      folder: "FOLDER OF THE BATCH",
      tasks: Math.min(step.jobs.length, site.arrayTasks),
      resources: step.resources,
      environment: {},
      command: [site.node ?? process.execPath, "PROGRAM OF THE WORKER", "FOLDER OF THE BATCH"],
    }),
  }));
  return { steps };
}

/** As a table, and each script once. */
export function slurmPlanText({ steps }: SlurmPlan): string {
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
    "arrays",
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
    scripts.map((step) => `\n# ${step.kinds.join(", ")} of step ${step.depth + 1}\n${step.script}`).join("")
  );
}
