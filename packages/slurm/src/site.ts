import { checkTimes, SITE_TIMES, SiteLabel, SiteProject, WORK_KINDS } from "@uniarm/pipeline/schema";
import { z } from "zod";
import { secondsOf } from "./time.ts";

/** What stands in a line of options: no blanks, no quotes. */
const Word = z.string().regex(/^[\w.,:+@=/*()[\]-]+$/, "a name as Slurm has it, without blanks or quotes");
const Line = z.string().regex(/^[^\r\n\0]+$/, "one line");

/** YAML takes 90 for a number. */
const text = (schema: z.ZodString) =>
  z.preprocess((value) => (typeof value === "number" ? String(value) : value), schema);

/** What a job asks Slurm for; what is left out is as the site has it. */
export const Resources = z.strictObject({
  partition: Word.optional(),
  account: Word.optional(),
  qos: Word.optional(),
  gres: Word.optional().describe("gpu:1, gpu:a100:2"),
  cpus: z.int().min(1).optional().describe("of each job"),
  memory: text(z.string().regex(/^[1-9]\d*[KMGT]?$/, "a number with K, M, G or T: 16G; alone it counts MB")).optional(),
  time: text(
    z
      .string()
      .refine((limit) => secondsOf(limit) !== null, "as Slurm writes it: 90 (minutes), 4:00:00, 1-12 (days-hours)"),
  ).optional(),
  lines: z
    .array(Line.regex(/^--?[a-z]/i, "an option of sbatch: --constraint=a100"))
    .optional()
    .describe("further options of sbatch, one each"),
});
export type Resources = z.infer<typeof Resources>;

const Settings = z.strictObject({
  job: Resources.default({}).describe("what every job asks for"),
  kinds: z.partialRecord(z.enum(WORK_KINDS), Resources).default({}).describe("what jobs of a kind ask for instead"),
  projects: z
    .record(SiteProject, Resources)
    .default({})
    .describe("what runs of a project ask for instead, by its name"),
  labels: z
    .record(SiteLabel, Resources)
    .default({})
    .describe("what runs that are launched with a label ask for instead"),
  setup: z.array(Line).default([]).describe("shell lines before the job: module load cuda/12.4"),
  prefix: z.array(Line).default([]).describe("program that the job is run by: apptainer, exec, --nv, uniarm.sif"),
  node: Line.optional().describe("Node on the compute nodes; default: the worker's own"),
  program: Line.optional().describe("folder of this installation as the jobs see it; default: where it is here"),
  scratch: Line.optional().describe("fast folder of a compute node, may name variables: /scratch/$USER"),
  arrayTasks: z.int().min(1).max(1000).default(1000).describe("most tasks of one array; 1: no arrays"),
  ...SITE_TIMES,
});
/** How jobs are run at a site: `slurm.yaml`. */
export const Site = Settings.superRefine((site, context) => checkTimes(site, secondsOf, context));
export type Site = z.infer<typeof Site>;
