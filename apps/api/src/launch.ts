import { checkInputs, LaunchKind, planLaunch, readConfig, type WorkKind } from "@uniarm/pipeline/schema";
import { ensureProject, estimateRuns, launchStudy, launchRun, resolveRunId, type RunEstimate } from "@uniarm/db";
import { z } from "zod";
import type { Context } from "./context.ts";

export const RunId = z.string().min(1).max(40).describe("id of a run, or a beginning of it that is unique");
export const Tag = z.string().min(1).max(100);
const Label = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, "lower-case letters, digits, . _ -");
const Outputs = z.object({ input: z.string().max(100), run: RunId, output: z.string().max(100) });

/** Who still says experiment, as a group and a study were called, is told their names. */
const keyNow: z.core.$ZodErrorMap = (issue) =>
  issue.code === "unrecognized_keys" && issue.keys.includes("experiment")
    ? 'The key "experiment" is called "group" now'
    : undefined;
const kindNow: z.core.$ZodErrorMap = ({ input }) =>
  input === "experiment" ? 'The kind "experiment" is called "study" now' : undefined;

export const LaunchInput = z.strictObject(
  {
    project: z.string().min(1).max(100).default("default").describe("name or id; made where there is none"),
    group: z.string().min(1).max(200).optional().describe("group of runs that it belongs to; made where there is none"),
    kind: z.enum(LaunchKind.options, { error: kindNow }),
    name: z.string().min(1).max(200).optional(),
    config: z.record(z.string(), z.unknown()).default({}).describe("settings of the kind: see `uniarm schema KIND`"),
    inputs: z
      .array(Outputs)
      .max(100)
      .default([])
      .describe("what it reads of other runs, where its config says input:NAME"),
    labels: z.array(Label).max(10).default([]).describe("a worker must offer all of these"),
    slots: z.int().min(1).max(64).default(1).describe("how much of a worker it takes"),
    priority: z.int().min(-1000).max(1000).default(0),
    maxAttempts: z.int().min(1).max(100).default(4).describe("attempts that may be lost before the run fails"),
    tags: z.array(Tag).max(50).default([]),
    notes: z.string().max(100_000).default(""),
    useCache: z
      .boolean()
      .default(true)
      .describe("take outputs of a run with the same config and inputs, where there is one"),
    clonedFrom: RunId.optional().describe("the run whose config this one began with"),
  },
  { error: keyNow },
);
export type LaunchInput = z.input<typeof LaunchInput>;

/** @returns the id of the new run; of a study its parent's */
export async function launch(ctx: Context, input: z.output<typeof LaunchInput>): Promise<string> {
  const { kind, inputs, clonedFrom, group: _, project: __, ...rest } = input;
  const plan = planLaunch(kind, input.config);
  const place = await ensureProject(ctx.db, input.project, input.group);
  const run = {
    ...rest,
    ...place,
    name: input.name ?? kind,
    createdBy: ctx.caller?.name ?? "",
    clonedFromId: clonedFrom && (await resolveRunId(ctx.db, clonedFrom)),
  };
  if (kind === "study") return launchStudy(ctx.db, { ...run, plan });
  const sources = await Promise.all(
    inputs.map(async ({ input: name, run: id, output }) => ({
      input: name,
      output,
      producerId: await resolveRunId(ctx.db, id),
    })),
  );
  const given = sources.map((source) => source.input);
  checkInputs(kind, plan.config, given);
  return launchRun(ctx.db, { ...run, kind, config: plan.config, inputs: sources });
}

/** What each run of a launch is likely to take: a study has many, in the order of its graph. */
export interface LaunchEstimate {
  runs: ({ name: string; kind: WorkKind } & { estimate: RunEstimate })[];
}

/** What is still missing in a config does not keep the rest from being estimated. */
export async function estimate(
  ctx: Context,
  { kind, config }: Pick<z.output<typeof LaunchInput>, "kind" | "config">,
): Promise<LaunchEstimate> {
  const read = readConfig(kind, config);
  if (!("nodes" in read) && kind === "study") planLaunch(kind, config); // says what does not fit
  const nodes = "nodes" in read ? read.nodes : [{ name: kind, kind: kind as WorkKind, config }];
  const estimates = await estimateRuns(ctx.db, nodes);
  return { runs: nodes.map(({ name, kind: work }, index) => ({ name, kind: work, estimate: estimates[index]! })) };
}
