import { type ExperimentConfig, experimentGraph, JobKind, JOBS, UniArmError, type WorkKind } from "@uniarm/core/schema";
import {
  audit,
  cancelRun,
  changesAfter,
  cloneRun,
  deleteRuns,
  estimateRun,
  getRun,
  launchExperiment,
  launchRun,
  listRuns,
  planDeletion,
  resolveRunId,
  resolveRunIds,
  restoreRuns,
  resumeRun,
  type Database,
  type NumberedChange,
  type RunEstimate,
  type RunSummary,
} from "@uniarm/db";
import { tracked } from "@trpc/server";
import { z } from "zod";
import type { Context } from "../context.ts";
import { follow } from "../follow.ts";
import { mergeConfig, parseConfig } from "../parse-config.ts";
import { plain, type Plain } from "../plain.ts";
import { projectId } from "../project.ts";
import { at, Flag, gives, router } from "../trpc.ts";

const Id = z.string().min(1).max(40).describe("id of a run, or a beginning of it that is unique");
const Ids = z.array(Id).min(1).max(1000);
const Tag = z.string().min(1).max(100);
const Label = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, "lower-case letters, digits, . _ -");
const Outputs = z.object({ input: z.string().max(100), run: Id, output: z.string().max(100) });

export const LaunchInput = z.strictObject({
  project: z.string().min(1).max(100).default("default").describe("name or id; made where it is not there"),
  experiment: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("group of runs that it belongs to; made where it is not there"),
  kind: JobKind.exclude(["demo"]),
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
  clonedFrom: Id.optional().describe("the run whose config this one began with"),
});
export type LaunchInput = z.input<typeof LaunchInput>;

async function launch(ctx: Context, input: z.output<typeof LaunchInput>): Promise<string> {
  const { kind, inputs, clonedFrom, experiment: _, project: __, ...rest } = input;
  const config = parseConfig(kind, input.config);
  const place = await projectId(ctx.db, input.project, input.experiment);
  const run = {
    ...{ ...rest, ...place, name: input.name ?? kind, createdBy: ctx.caller?.name ?? "" },
    clonedFromId: clonedFrom && (await resolveRunId(ctx.db, clonedFrom)),
  };
  if (kind === "experiment") {
    // an arm's settings are those of its training: what does not fit is told with the nearest known key
    for (const node of experimentGraph(config as ExperimentConfig)) parseConfig(node.kind, node.config);
    return launchExperiment(ctx.db, { ...run, config: config as ExperimentConfig });
  }
  const sources = await Promise.all(
    inputs.map(async ({ input: name, run: id, output }) => ({
      input: name,
      output,
      producerId: await resolveRunId(ctx.db, id),
    })),
  );
  checkInputs(
    kind,
    config,
    sources.map((source) => source.input),
  );
  return launchRun(ctx.db, { ...run, kind, config, inputs: sources });
}

/** What each run of a launch is likely to take: an experiment has many, in the order of its graph. */
export interface LaunchEstimate {
  runs: ({ name: string; kind: WorkKind } & { estimate: RunEstimate })[];
}

/** What is still missing in a config does not keep the rest from being estimated. */
async function estimate(
  ctx: Context,
  { kind, config }: Pick<z.output<typeof LaunchInput>, "kind" | "config">,
): Promise<LaunchEstimate> {
  if (kind !== "experiment") return { runs: [{ name: kind, kind, estimate: await estimateRun(ctx.db, kind, config) }] };
  const graph = experimentGraph(parseConfig(kind, config) as ExperimentConfig);
  const runs = [];
  for (const node of graph)
    runs.push({ name: node.name, kind: node.kind, estimate: await estimateRun(ctx.db, node.kind, node.config) });
  return { runs };
}

/** @throws UniArmError input-unknown, input-missing */
function checkInputs(kind: WorkKind, config: unknown, given: readonly string[]): void {
  const known: readonly string[] = JOBS[kind].inputs;
  const unknown = given.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UniArmError(
      "input-unknown",
      `${kind} has no input "${unknown}": it reads ${known.join(", ") || "none"}.`,
    );
  for (const [, name] of JSON.stringify(config).matchAll(/"input:([^"\\]+)"/g))
    if (!given.includes(name!))
      throw new UniArmError(
        "input-absent",
        `The config names input:${name}, which no run gives. Add {"input": "${name}", "run": ID, "output": NAME} to inputs, or write a path.`,
      );
}

const id = async (ctx: Context, start: string): Promise<string> => resolveRunId(ctx.db, start);
const ids = async (ctx: Context, starts: readonly string[]): Promise<string[]> => resolveRunIds(ctx.db, starts);
const by = (ctx: Context): string => ctx.caller?.name ?? "local";

export type RunDetail = Plain<Awaited<ReturnType<typeof getRun>>>;

export const runs = router({
  launch: at("write", "POST /runs", "Launch a run, or an experiment as a graph of runs")
    .input(LaunchInput)
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input }) => {
      const launched = await launch(ctx, input);
      await audit(ctx.db, by(ctx), "runs.launch", launched, { kind: input.kind });
      return { id: launched };
    }),

  estimate: at(
    "write",
    "POST /runs/estimate",
    "Time and memory that a launch is likely to take, from runs that have ended",
  )
    .input(LaunchInput.pick({ kind: true, config: true }))
    .output(gives<LaunchEstimate>())
    .mutation(async ({ ctx, input }) => estimate(ctx, input)),

  list: at("read", "GET /runs", "A page of runs, filtered and sorted")
    .input(
      z.object({
        project: z.string().max(100).optional(),
        filter: z
          .string()
          .max(2000)
          .optional()
          .describe("e.g. state = RUNNING metric.loss < 0.5 config.optimizer.learningRate > 0.001 tag = seed-1"),
        sort: z.string().max(300).optional().describe("a field, - before it for descending: -created, metric.loss"),
        columns: z
          .string()
          .max(5000)
          .optional()
          .describe("fields to give besides, with commas: config.PATH, metric.KEY"),
        parent: z.string().max(40).optional().describe("only children of this run; none: only runs without a parent"),
        archived: Flag,
        cursor: z.string().max(2000).optional(),
        limit: z.coerce.number().int().min(1).max(500).default(50),
      }),
    )
    .output(gives<{ runs: Plain<RunSummary>[]; nextCursor: string | null }>())
    .query(async ({ ctx, input }) => {
      const { project, parent, columns, archived, ...rest } = input;
      const place = project === undefined ? {} : await projectId(ctx.db, project, undefined, false);
      return plain(
        await listRuns(ctx.db, {
          ...rest,
          ...place,
          archived: archived === "true",
          ...(parent === undefined ? {} : { parentId: parent === "none" ? null : await id(ctx, parent) }),
          columns: columns?.split(",").filter(Boolean) ?? [],
        }),
      );
    }),

  get: at("read", "GET /runs/{id}", "Everything about a run but its history")
    .input(z.object({ id: Id }))
    .output(gives<RunDetail>())
    .query(async ({ ctx, input }) => plain(await getRun(ctx.db, await id(ctx, input.id)))),

  cancel: at("write", "POST /runs/{id}/cancel", "Stop a run; it saves a checkpoint first")
    .input(z.object({ id: Id }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input }) => act(ctx, input.id, "runs.cancel", (db, run) => cancelRun(db, run))),

  resume: at("write", "POST /runs/{id}/resume", "Go on from the last checkpoint")
    .input(z.object({ id: Id }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input }) => act(ctx, input.id, "runs.resume", (db, run) => resumeRun(db, run))),

  retry: at("write", "POST /runs/{id}/retry", "Start over, without what was saved")
    .input(z.object({ id: Id }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input }) =>
      act(ctx, input.id, "runs.retry", (db, run) => resumeRun(db, run, { startOver: true })),
    ),

  clone: at("write", "POST /runs/{id}/clone", "A new run with the same config and inputs, and changes")
    .input(
      z.object({
        id: Id,
        name: z.string().min(1).max(200).optional(),
        changes: z.record(z.string(), z.unknown()).default({}).describe("laid over the config; null removes a key"),
      }),
    )
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input }) => {
      const source = await getRun(ctx.db, await id(ctx, input.id));
      const config = parseConfig(source.kind as JobKind, mergeConfig(source.config, input.changes));
      const made = await cloneRun(ctx.db, source.id, { config, name: input.name, createdBy: ctx.caller?.name ?? "" });
      await audit(ctx.db, by(ctx), "runs.clone", made, { from: source.id });
      return { id: made };
    }),

  update: at("write", "PATCH /runs/{id}", "Name, notes, tags, archived")
    .input(
      z.object({
        id: Id,
        name: z.string().min(1).max(200).optional(),
        notes: z.string().max(100_000).optional(),
        tags: z.array(Tag).max(50).optional(),
        archived: z.boolean().optional(),
      }),
    )
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input }) => {
      const { id: start, archived, tags, ...fields } = input;
      const run = await id(ctx, start);
      await ctx.db.prisma.run.update({
        where: { id: run },
        data: {
          ...fields,
          ...(tags ? { tags: [...new Set(tags)] } : {}),
          ...(archived === undefined ? {} : { archivedAt: archived ? new Date() : null }),
        },
      });
      await audit(ctx.db, by(ctx), "runs.update", run, input);
      return { id: run };
    }),

  deletion: at("read", "GET /runs/{id}/deletion", "What deleting a run would remove")
    .input(z.object({ id: Id }))
    .output(gives<Awaited<ReturnType<typeof planDeletion>>>())
    .query(async ({ ctx, input }) => planDeletion(ctx.db, [await id(ctx, input.id)])),

  deletionOf: at("read", null, "What deleting these runs would remove")
    .input(z.object({ ids: Ids }))
    .query(async ({ ctx, input }) => planDeletion(ctx.db, await ids(ctx, input.ids))),

  delete: at("write", "POST /runs/delete", "Delete runs; they can be restored for a while")
    .input(z.object({ ids: Ids }))
    .output(gives<{ ids: string[] }>())
    .mutation(async ({ ctx, input }) => {
      const chosen = await ids(ctx, input.ids);
      await deleteRuns(ctx.db, chosen);
      for (const run of chosen) await audit(ctx.db, by(ctx), "runs.delete", run);
      return { ids: chosen };
    }),

  restore: at("write", "POST /runs/restore", "Take a deletion back")
    .input(z.object({ ids: Ids }))
    .output(gives<{ ids: string[] }>())
    .mutation(async ({ ctx, input }) => {
      await restoreRuns(ctx.db, input.ids);
      for (const run of input.ids) await audit(ctx.db, by(ctx), "runs.restore", run);
      return { ids: input.ids };
    }),

  /** What happens to a run, from its first event or after `lastEventId`, without gaps. */
  changes: at("read", null, "Live events of a run")
    .input(z.object({ id: Id, lastEventId: z.coerce.number().int().nonnegative().nullish() }))
    .subscription(async function* ({ ctx, input, signal }) {
      const run = await id(ctx, input.id);
      let after = input.lastEventId ?? 0;
      const from = {
        listener: ctx.listener,
        topic: `run:${run}` as const,
        signal: signal!,
        onError: (error: unknown) => ctx.log.warn({ error }, "live events wait for the database"),
      };
      for await (const change of follow(from, () => sharedChanges(ctx.db, run, after))) {
        after = change.sequence;
        yield tracked(String(change.sequence), plain(change));
      }
    }),

  /** Says which runs of a project changed: state, progress, new ones. For lists. */
  projectChanges: at("read", null, "Live changes of a project's runs")
    .input(z.object({ project: z.string().max(100), lastEventId: z.string().max(40).nullish() }))
    .subscription(async function* ({ ctx, input, signal }) {
      const place = await projectId(ctx.db, input.project, undefined, false);
      let since =
        input.lastEventId && !Number.isNaN(Date.parse(input.lastEventId)) ? new Date(input.lastEventId) : new Date();
      const from = {
        listener: ctx.listener,
        topic: `project:${place.projectId}` as const,
        signal: signal!,
        onError: (error: unknown) => ctx.log.warn({ error }, "live changes wait for the database"),
      };
      for await (const { ids: changed, until } of follow(from, () => changedRuns(ctx.db, place.projectId, since))) {
        since = until;
        yield tracked(until.toISOString(), { ids: changed });
      }
    }),
});

async function act(
  ctx: Context,
  start: string,
  action: string,
  work: (db: Database, run: string) => Promise<void>,
): Promise<{ id: string }> {
  const run = await id(ctx, start);
  await work(ctx.db, run);
  await audit(ctx.db, by(ctx), action, run);
  return { id: run };
}

const reading = new Map<string, Promise<NumberedChange[]>>();

/** Many subscribers of one run ask for the same: they share one answer. */
function sharedChanges(db: Database, run: string, after: number): Promise<NumberedChange[]> {
  const key = `${run} ${after}`;
  const known = reading.get(key);
  if (known) return known;
  const answer = changesAfter(db, run, after).finally(() => reading.delete(key));
  reading.set(key, answer);
  return answer;
}

/** Transactions may commit a little after the time that their events carry. */
const LATE_MS = 2000;

async function changedRuns(db: Database, project: string, since: Date): Promise<{ ids: string[]; until: Date }[]> {
  const { rows } = await db.pool.query<{ runId: string; time: Date }>(
    `SELECT e."runId", max(e.time) AS time FROM "RunEvent" e JOIN "Run" r ON r.id = e."runId"
     WHERE r."projectId" = $1 AND e.time > $2 GROUP BY e."runId" ORDER BY time LIMIT 1000`,
    [project, new Date(since.getTime() - LATE_MS)],
  );
  const last = rows.at(-1)?.time;
  return last && last > since ? [{ ids: rows.map(({ runId }) => runId), until: last }] : [];
}
