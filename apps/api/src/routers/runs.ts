import type { LaunchKind } from "@uniarm/pipeline/schema";
import {
  audit,
  cancelRun,
  cloneRun,
  deleteRuns,
  filterWords,
  findProject,
  getRun,
  listRuns,
  listTrash,
  planDeletion,
  resolveDeletedIds,
  resolveRunId,
  resolveRunIds,
  restoreRuns,
  resumeRun,
  updateRun,
  type Database,
  type DeletedRun,
  type DeletionPlan,
  type FilterWords,
  type RunSummary,
} from "@uniarm/db";
import { tracked } from "@trpc/server";
import { z } from "zod";
import { actorOf, type Context } from "../context.ts";
import { follow } from "../follow.ts";
import { estimate, launch, LaunchInput, planTimed, RunId as Id, Tag, type LaunchEstimate } from "../launch.ts";
import { mergeConfig } from "../merge-config.ts";
import { plain, type Plain } from "../plain.ts";
import { runChanges } from "../run-changes.ts";
import { listOf, RunsAsked } from "../runs-asked.ts";
import { at, gives, Project, ProjectOrDefault, router } from "../trpc.ts";

const Ids = z.array(Id).min(1).max(1000);
const id = async (ctx: Context, start: string): Promise<string> => resolveRunId(ctx.db, start);
const ids = async (ctx: Context, starts: readonly string[]): Promise<string[]> => resolveRunIds(ctx.db, starts);

export type RunDetail = Plain<Awaited<ReturnType<typeof getRun>>>;

export const runs = router({
  launch: at("write", "POST /runs", "Launch a run, or a study as a graph of runs")
    .input(LaunchInput)
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input }) => {
      const launched = await launch(ctx, input);
      await audit(ctx.db, actorOf(ctx), "runs.launch", launched, { kind: input.kind });
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
      RunsAsked.extend({
        cursor: z.string().max(2000).optional(),
        limit: z.coerce.number().int().min(1).max(500).default(50),
      }),
    )
    .output(gives<{ runs: Plain<RunSummary>[]; nextCursor: string | null }>())
    .query(async ({ ctx, input }) => {
      const { cursor, limit, ...asked } = input;
      return plain(await listRuns(ctx.db, { ...(await listOf(ctx.db, asked)), cursor, limit }));
    }),

  filterWords: at("read", "GET /filter-words", "What can be written in a filter of a project's runs")
    .input(z.object({ project: ProjectOrDefault }))
    .output(gives<FilterWords>())
    .query(async ({ ctx, input }) => filterWords(ctx.db, await findProject(ctx.db, input.project))),

  get: at("read", "GET /runs/{id}", "Everything about a run except its history")
    .input(z.object({ id: Id }))
    .output(gives<RunDetail>())
    .query(async ({ ctx, input }) => plain(await getRun(ctx.db, await id(ctx, input.id)))),

  cancel: at("write", "POST /runs/{id}/cancel", "Stop a run; it saves a checkpoint first")
    .input(z.object({ id: Id }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input }) => act(ctx, input.id, "runs.cancel", (db, run) => cancelRun(db, run))),

  resume: at("write", "POST /runs/{id}/resume", "Resume from the last checkpoint")
    .input(z.object({ id: Id }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input }) => act(ctx, input.id, "runs.resume", (db, run) => resumeRun(db, run))),

  retry: at("write", "POST /runs/{id}/retry", "Start over, without earlier checkpoints")
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
      const config = mergeConfig(source.config, input.changes) as Record<string, unknown>;
      const plan = await planTimed(ctx, source.kind as LaunchKind, config);
      const made = await cloneRun(ctx.db, source.id, { plan, name: input.name, createdBy: ctx.caller?.name ?? "" });
      await audit(ctx.db, actorOf(ctx), "runs.clone", made, { from: source.id });
      return { id: made };
    }),

  update: at("write", "PATCH /runs/{id}", "Name, notes, tags, archived")
    .input(
      z.object({
        id: Id,
        name: z.string().min(1).max(200).optional(),
        notes: z.string().max(100_000).optional(),
        tags: z.array(Tag).max(50).optional(),
        addTags: z.array(Tag).max(50).optional().describe("beside those that the run has"),
        removeTags: z.array(z.string().max(1000)).max(50).optional(),
        archived: z.boolean().optional(),
        before: z
          .object({ name: z.string().max(200), notes: z.string().max(100_000) })
          .partial()
          .optional()
          .describe("what the change was made from; refused where it is something else by now"),
      }),
    )
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { id: start, ...changes } }) => {
      const run = await id(ctx, start);
      await updateRun(ctx.db, run, changes, actorOf(ctx));
      return { id: run };
    }),

  deletion: at("read", "GET /runs/{id}/deletion", "What deleting a run would remove")
    .input(z.object({ id: Id }))
    .output(gives<DeletionPlan>())
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
      for (const run of chosen) await audit(ctx.db, actorOf(ctx), "runs.delete", run);
      return { ids: chosen };
    }),

  restore: at("write", "POST /runs/restore", "Restore deleted runs")
    .input(z.object({ ids: Ids }))
    .output(gives<{ ids: string[] }>())
    .mutation(async ({ ctx, input }) => {
      const chosen = await resolveDeletedIds(ctx.db, input.ids);
      await restoreRuns(ctx.db, chosen);
      for (const run of chosen) await audit(ctx.db, actorOf(ctx), "runs.restore", run);
      return { ids: chosen };
    }),

  trash: at("read", "GET /trash", "Deleted runs that can be restored, and until when")
    .input(z.object({ project: Project.optional() }))
    .output(gives<{ runs: Plain<DeletedRun>[] }>())
    .query(async ({ ctx, input: { project } }) => {
      const { restoreSeconds } = ctx.settings;
      const projectId = project === undefined ? undefined : await findProject(ctx.db, project);
      return plain({ runs: await listTrash(ctx.db, { projectId, restoreSeconds }) });
    }),

  /** What happens to a run, from its first event or from after `lastEventId`, without gaps. */
  changes: at("read", null, "Live events of a run")
    .input(z.object({ id: Id, lastEventId: z.coerce.number().int().nonnegative().nullish() }))
    .subscription(async function* ({ ctx, input, signal }) {
      const run = await id(ctx, input.id);
      const from = {
        listener: ctx.listener,
        signal: signal!,
        onError: (error: unknown) => ctx.log.warn({ error }, "live events wait for the database"),
      };
      for await (const change of follow(from, [runChanges(ctx.db, run, input.lastEventId ?? 0)]))
        yield tracked(String(change.sequence), plain(change));
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
  await audit(ctx.db, actorOf(ctx), action, run);
  return { id: run };
}
