import { decodeText, UniArmError, type AttemptEnd } from "@uniarm/core/schema";
import { z } from "zod";
import type { WorkKind } from "./kinds.ts";

/** What jobs ask a system for in whose queue they wait, a layer over the other; of a site, or of what it offers. */
export interface Layers<R> {
  job: R;
  kinds: Partial<Record<WorkKind, R>>;
  projects: Record<string, R>;
  labels: Record<string, R>;
}

/** What decides what a run's job asks for. */
export interface Asking {
  kind: string;
  /** its name */
  project: string;
  labels: readonly string[];
}

/** What a run's job asks for: of every job, then of its kind, its project, each label; the last word counts. */
export function resourcesOf<R extends object>(layers: Layers<R>, { kind, project, labels }: Asking): R {
  const over = [layers.job, layers.kinds[kind as WorkKind], layers.projects[project]];
  return Object.assign({}, ...over, ...labels.map((label) => layers.labels[label])) as R;
}

/** A label of a site file, as runs have them. */
export const SiteLabel = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, "a label is lower-case letters, digits, . _ -");
/** The name of a project in a site file. */
export const SiteProject = z.string().min(1).max(100);

/** Settings that every site file has. */
export const SITE_TIMES = {
  saveSeconds: z.int().min(30).max(3600).default(120).describe("so long before its time limit a job is told to save"),
  awayMinutes: z
    .int()
    .min(1)
    .max(1440)
    .default(30)
    .describe("so long runs wait for a worker that is away, before they are given to another"),
};

/** Refuses time limits in which a job could not save. */
export function checkTimes<R extends { time?: string | undefined }>(
  { job, kinds, projects, labels, saveSeconds }: Layers<R> & { saveSeconds: number },
  secondsOf: (time: string) => number | null,
  context: z.core.$RefinementCtx,
): void {
  const layers = { kinds, projects, labels };
  const asked: [path: string[], asked: R | undefined][] = [
    [["job"], job],
    ...Object.entries(layers).flatMap(([layer, each]) =>
      Object.entries<R | undefined>(each).map(([name, one]): [string[], R | undefined] => [[layer, name], one]),
    ),
  ];
  for (const [path, one] of asked)
    if (one?.time !== undefined && (secondsOf(one.time) ?? 0) <= saveSeconds)
      context.addIssue({
        code: "custom",
        path: [...path, "time"],
        message: `${one.time} is not longer than saveSeconds, ${saveSeconds}: a job would be told to save as it begins`,
      });
}

export interface SiteFile {
  path: string;
  /** that shows one */
  page: string;
  read: () => Uint8Array;
  /** of YAML, which JSON is as well */
  parse: (text: string) => unknown;
}

/** A site's file by its schema. @throws UniArmError site-missing, site-invalid */
export function siteOf<S extends z.ZodType>(schema: S, { path, page, read, parse }: SiteFile): z.output<S> {
  let bytes: Uint8Array;
  try {
    bytes = read();
  } catch (cause) {
    throw new UniArmError(
      "site-missing",
      `The site file ${path} cannot be read: ${(cause as Error).message}. ${page} shows one; name it with --site.`,
      { cause },
    );
  }
  let content: unknown;
  try {
    content = parse(decodeText(bytes, path)) ?? {};
  } catch (cause) {
    throw new UniArmError("site-invalid", `The site file ${path} is no YAML: ${(cause as Error).message}`, { cause });
  }
  const { data, error } = schema.safeParse(content);
  if (!error) return data;
  const lines = error.issues.map(({ path: at, message }) => `  ${at.join(".") || "the file"}: ${message}`);
  throw new UniArmError("site-invalid", `The site file ${path} does not fit:\n${lines.join("\n")}`);
}

/** How a job ended, by the system that ran it. */
export interface JobFate {
  end: AttemptEnd;
  sentence: string;
}

/** What a system says of a job in its queue. */
export type JobMeaning =
  | { type: "waiting"; sentence: string }
  /** `told`: it was asked to end, and why */
  | { type: "running"; told?: JobFate }
  /** it will not begin by itself */
  | ({ type: "hopeless" } & JobFate)
  | ({ type: "ended" } & JobFate);
