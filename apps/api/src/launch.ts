import { LaunchedFrom, UniArmError } from "@uniarm/core/schema";
import {
  checkInputs,
  hasTimedShards,
  isParentKind,
  LaunchKind,
  planLaunch,
  readConfig,
  timedShards,
  withShards,
  type Plan,
  type WorkKind,
} from "@uniarm/pipeline/schema";
import {
  ensureProject,
  estimateRuns,
  launchStudy,
  launchSweep,
  launchRun,
  resolveRunId,
  type RunEstimate,
} from "@uniarm/db";
import { z } from "zod";
import type { Context } from "./context.ts";
import { missingReferences } from "./missing-references.ts";

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
    name: z.string().min(1).max(200).optional().describe("without one it gets two words and a number"),
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
    checkPaths: z
      .boolean()
      .default(true)
      .describe("refuse paths that are not there, where all workers run on the server's own machine"),
    launchedFrom: LaunchedFrom.optional().describe(
      "what the program that launches says of itself: folder, commit, command",
    ),
    clonedFrom: RunId.optional().describe("the run whose config this one began with"),
  },
  { error: keyNow },
);
export type LaunchInput = z.input<typeof LaunchInput>;

/** @returns the id of the new run; of a study its parent's */
export async function launch(ctx: Context, input: z.output<typeof LaunchInput>): Promise<string> {
  const { kind, inputs, clonedFrom, checkPaths, group: _, project: __, ...rest } = input;
  const plan = await planTimed(ctx, kind, input.config);
  const place = await ensureProject(ctx.db, input.project, input.group);
  const missing = await missingReferences(ctx.db, { ...place, nodes: nodesOf(plan), checkPaths });
  if (missing.length > 0) throw new UniArmError("launch-incomplete", missing.join("\n"));
  const run = {
    ...rest,
    ...place,
    createdBy: ctx.caller?.name ?? "",
    clonedFromId: clonedFrom && (await resolveRunId(ctx.db, clonedFrom)),
  };
  if (kind === "study") return launchStudy(ctx.db, { ...run, plan });
  if (kind === "sweep") checkSweepInputs(plan, inputs);
  const sources = await Promise.all(
    inputs.map(async ({ input: name, run: id, output }) => ({
      input: name,
      output,
      producerId: await resolveRunId(ctx.db, id),
    })),
  );
  if (kind === "sweep")
    return launchSweep(ctx.db, { ...run, config: plan.config, children: plan.children, inputs: sources });
  const given = sources.map((source) => source.input);
  checkInputs(kind, plan.config, given);
  return launchRun(ctx.db, { ...run, kind, config: plan.config, inputs: sources });
}

/** The plan of a launch; where a study says how long parts are to take, with as many as past runs tell. */
export async function planTimed(ctx: Context, kind: LaunchKind, config: Record<string, unknown>): Promise<Plan> {
  const plan = planLaunch(kind, config);
  const timed = plan.children.find((child) => hasTimedShards(child.config));
  if (timed)
    throw new UniArmError(
      "shards-in-sweep",
      `The sweep's study sets shardMinutes, which only the launch of a single study counts parts by (${timed.name}). Set decodeShards there.`,
    );
  const shards = await shardsOf(ctx, kind, config, plan.nodes);
  return shards === null ? plan : planLaunch(kind, withShards(config, shards));
}

/** Null where a config says by itself how many parts there are. */
async function shardsOf(
  { db }: Context,
  kind: LaunchKind,
  config: unknown,
  nodes: Plan["nodes"],
): Promise<Record<string, number> | null> {
  if (kind !== "study" || !hasTimedShards(config)) return null;
  const estimates = await estimateRuns(db, nodes);
  const seconds = new Map(nodes.map(({ name }, index) => [name, estimates[index]!.seconds?.median ?? null]));
  return timedShards(config, nodes, (name) => seconds.get(name) ?? null);
}

/** The jobs that a launch comes to, those inside of a sweep's runs as well. */
const nodesOf = ({ nodes, children }: Plan): Plan["nodes"] =>
  children.length === 0 ? nodes : children.flatMap(({ kind, config }) => planLaunch(kind, config).nodes);

/** Every run of a sweep reads the same of other runs. */
function checkSweepInputs({ children }: Plan, inputs: readonly { input: string }[]): void {
  const given = inputs.map(({ input }) => input);
  for (const { kind, config } of children) if (kind !== "study") checkInputs(kind, config, given);
}

/** What each run of a launch is likely to take: a study has many, in the order of its graph. */
export interface LaunchEstimate {
  runs: ({ name: string; kind: WorkKind } & { estimate: RunEstimate })[];
  /** of a study with shardMinutes: parts of each decoding, as a launch now would have them; the runs are those of these parts */
  decodeShardsOf: Record<string, number> | null;
}

/** What is still missing in a config does not keep the rest from being estimated. */
export async function estimate(
  ctx: Context,
  { kind, config }: Pick<z.output<typeof LaunchInput>, "kind" | "config">,
): Promise<LaunchEstimate> {
  const read = readConfig(kind, config);
  // all runs of a sweep take about the same
  if ("children" in read && read.children[0])
    return estimate(ctx, read.children[0] as { kind: LaunchKind; config: Record<string, unknown> });
  if (!("nodes" in read) && isParentKind(kind)) planLaunch(kind, config); // says what does not fit
  const shards = "nodes" in read ? await shardsOf(ctx, kind, config, read.nodes) : null;
  if (shards !== null)
    return { ...(await estimate(ctx, { kind, config: { ...withShards(config, shards) } })), decodeShardsOf: shards };
  const nodes = "nodes" in read ? read.nodes : [{ name: kind, kind: kind as WorkKind, config }];
  const estimates = await estimateRuns(ctx.db, nodes);
  const runs = nodes.map(({ name, kind: work }, index) => ({ name, kind: work, estimate: estimates[index]! }));
  return { runs, decodeShardsOf: null };
}
