import { readFileSync } from "node:fs";
import { checkTimes, SITE_TIMES, SiteLabel, siteOf, SiteProject, WORK_KINDS } from "@uniarm/pipeline/schema";
import { parse } from "yaml";
import { z } from "zod";
import { secondsOf } from "./time.ts";

const Name = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "a name as Kubernetes has it: lower-case letters, digits, - and .");
const Namespace = Name.max(63).regex(/^[^.]+$/, "a namespace has no dots in its name");
/** Of labels, resources and taints: `nvidia.com/gpu`. */
const Qualified = z
  .string()
  .regex(/^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/, "as nvidia.com/gpu");
const Value = z.string().regex(/^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/, "a label's value as Kubernetes has it");
const Variable = z.string().regex(/^[A-Za-z_]\w*$/, "a name of an environment variable");
const AbsolutePath = z.string().regex(/^\/[^\r\n\0]*$/, "a path from the root: /shared");

const Toleration = z.strictObject({
  key: Qualified.optional(),
  operator: z.enum(["Exists", "Equal"]).optional(),
  value: Value.optional(),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional(),
  tolerationSeconds: z.int().optional(),
});

/** What a job asks Kubernetes for; what is left out is as the namespace has it. */
export const Resources = z.strictObject({
  cpus: z.int().min(1).optional().describe("of each job"),
  memory: z
    .string()
    .regex(/^[1-9]\d*(Mi|Gi|Ti|M|G|T)$/, "a number with Mi, Gi or Ti: 16Gi")
    .optional(),
  gpus: z.int().min(0).optional().describe("of each job"),
  gpuResource: Qualified.optional().describe("what its GPUs are called there; default: nvidia.com/gpu"),
  time: z
    .string()
    .refine((limit) => secondsOf(limit) !== null, "a number with m, h or d: 30m, 4h, 2d")
    .optional(),
  nodeSelector: z.record(Qualified, Value).optional(),
  tolerations: z.array(Toleration).optional(),
  priorityClass: Name.optional(),
});
export type Resources = z.infer<typeof Resources>;

const Settings = z.strictObject({
  context: z
    .string()
    .min(1)
    .optional()
    .describe("of the kubeconfig; default: its current one, or the pod's own account"),
  namespace: Namespace,
  image: z
    .string()
    .regex(/^[^\s]+$/, "an image's name without blanks: registry.example.org/uniarm-worker:1")
    .describe("what jobs run in: images/Dockerfile, target worker"),
  pullSecrets: z.array(Name).default([]).describe("secrets by which the image is pulled"),
  claim: z
    .strictObject({
      name: Name.describe("a ReadWriteMany claim"),
      mountPath: AbsolutePath.describe("where jobs see it, and the worker too"),
    })
    .describe("what the worker and its jobs both see"),
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
  secrets: z
    .record(Variable, z.strictObject({ name: Name, key: z.string().regex(/^[\w.-]+$/, "a key of a secret") }))
    .default({})
    .describe("environment variables of the jobs, each from a key of a secret of the namespace"),
  serviceAccount: Name.optional().describe("of the jobs, which get no token of it"),
  user: z.int().min(1).default(1000).describe("number of the user that jobs run as; never root"),
  group: z.int().min(1).default(1000).describe("number of its group"),
  node: AbsolutePath.or(z.literal("node")).default("node").describe("Node in the image"),
  program: AbsolutePath.default("/opt/uniarm").describe("folder of this installation in the image"),
  arrayTasks: z.int().min(1).max(1000).default(1000).describe("most pods of one Job"),
  ...SITE_TIMES,
});
/** How jobs are run in a cluster: `kubernetes.yaml`. */
export const Site = Settings.superRefine((site, context) => checkTimes(site, secondsOf, context));
export type Site = z.infer<typeof Site>;

/** Reads a site's file, YAML or JSON. @throws UniArmError site-missing, site-invalid */
export const readSite = (path: string): Site =>
  siteOf(Site, { path, page: "docs/kubernetes.md", read: () => readFileSync(path), parse });
