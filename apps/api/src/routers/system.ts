import { configSchema, JobKind, STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import { applyRetention, collectBlobs, describeDatabase, listAudit, listWorkers } from "@uniarm/db";
import { SlurmOffer } from "@uniarm/slurm/schema";
import { z } from "zod";
import { plain, type Plain } from "../plain.ts";
import { at, gives, router } from "../trpc.ts";

type WorkerShown = Plain<Omit<Awaited<ReturnType<typeof listWorkers>>[number], "offer">> & { offer: SlurmOffer | null };

export const system = router({
  version: at("public", "GET /version", "Version of the server")
    .input(z.object({}))
    .output(gives<{ version: string; now: number }>())
    .query(({ ctx }) => ({ version: ctx.settings.version, now: Date.now() })),

  me: at("read", "GET /me", "Who this key or session belongs to")
    .input(z.object({}))
    .output(gives<{ name: string; scopes: string[] }>())
    .query(({ ctx }) => ({ name: ctx.caller?.name ?? "local", scopes: ctx.caller?.scopes ?? [] })),

  session: at("public", "GET /session", "Who this key or session belongs to, or nobody: a page asks before a login")
    .input(z.object({}))
    .output(gives<{ caller: { name: string; scopes: string[] } | null }>())
    .query(({ ctx }) => ({ caller: ctx.caller && { name: ctx.caller.name, scopes: ctx.caller.scopes } })),

  doctor: at("read", "GET /doctor", "State of database, queue, disk and workers")
    .input(z.object({}))
    .output(gives<Record<string, unknown>>())
    .query(async ({ ctx }) => {
      const { blobs, ...state } = await describeDatabase(ctx.db);
      return plain({
        ...state,
        blobs: { ...blobs, freeBytes: await ctx.store.freeBytes() },
        memoryBytes: process.memoryUsage.rss(),
        uptimeSeconds: Math.round(process.uptime()),
      });
    }),

  workers: at("read", "GET /workers", "Workers that were active within the last minute")
    .input(z.object({}))
    .output(gives<{ workers: WorkerShown[] }>())
    .query(async ({ ctx }) => ({
      workers: (await listWorkers(ctx.db)).map(({ offer, ...worker }) => ({
        ...plain(worker),
        offer: SlurmOffer.nullable().catch(null).parse(offer),
      })),
    })),

  templates: at("read", "GET /templates", "Studies that come with the program")
    .input(z.object({}))
    .output(gives<{ templates: typeof STUDY_TEMPLATES }>())
    .query(() => ({ templates: STUDY_TEMPLATES })),

  schema: at("read", "GET /schemas/{kind}", "JSON schema of a kind's config")
    .input(z.object({ kind: JobKind }))
    .output(gives<Record<string, unknown>>())
    .query(({ input }) => z.toJSONSchema(configSchema(input.kind), { io: "input", unrepresentable: "any" })),

  audit: at("admin", "GET /audit", "Who changed what, newest first")
    .input(
      z.object({
        before: z.coerce.number().int().positive().optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
    )
    .output(gives<{ entries: Plain<Awaited<ReturnType<typeof listAudit>>> }>())
    .query(async ({ ctx, input }) => plain({ entries: await listAudit(ctx.db, input) })),

  clean: at(
    "admin",
    "POST /clean",
    "Apply the retention policies and remove files that nothing refers to; dryRun only counts",
  )
    .input(z.object({ dryRun: z.boolean().default(true) }))
    .output(gives<{ checkpoints: number; blobs: number; bytes: number }>())
    .mutation(async ({ ctx, input: { dryRun } }) => {
      const { checkpoints } = await applyRetention(ctx.db, { dryRun });
      return { checkpoints, ...(await collectBlobs(ctx.db, ctx.store, { dryRun })) };
    }),
});
