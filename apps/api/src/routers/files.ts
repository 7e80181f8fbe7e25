import { BlobFile, UniArmError } from "@uniarm/core/schema";
import { audit, resolveRunId, storeDataset } from "@uniarm/db";
import { z } from "zod";
import { plain } from "../plain.ts";
import { projectId } from "../project.ts";
import { at, gives, router } from "../trpc.ts";

interface StoredFileRow {
  path: string;
  sha256: string;
  size: number;
}
export interface CheckpointRow {
  id: string;
  runId: string;
  step: number;
  size: number;
  kept: boolean;
  best: boolean;
  createdAt: string;
  files: StoredFileRow[];
}
const Id = z.string().min(1).max(40);
const files = { orderBy: { path: "asc" }, select: { path: true, sha256: true, size: true } } as const;

export const checkpoints = router({
  list: at(
    "read",
    "GET /runs/{id}/checkpoints",
    "Checkpoints of a run with their files: GET /api/blobs/{sha256} gives the bytes",
  )
    .input(z.object({ id: Id }))
    .output(gives<{ checkpoints: CheckpointRow[] }>())
    .query(async ({ ctx, input }) => {
      const runId = await resolveRunId(ctx.db, input.id);
      const found = await ctx.db.prisma.checkpoint.findMany({
        where: { runId, deletedAt: null },
        orderBy: [{ createdAt: "asc" }, { step: "asc" }],
        include: { files },
      });
      return plain({ checkpoints: found });
    }),

  mark: at(
    "write",
    "POST /checkpoints/{id}/mark",
    "Keep a checkpoint whatever the retention says, or name it the best of its run",
  )
    .input(z.object({ id: Id, kept: z.boolean().optional(), best: z.boolean().optional() }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { id, kept, best } }) => {
      const found = await ctx.db.prisma.checkpoint.findFirst({ where: { id, deletedAt: null } });
      if (!found)
        throw new UniArmError(
          "checkpoint-missing",
          `There is no checkpoint ${id}; it was perhaps removed by the retention policy.`,
        );
      await ctx.db.prisma.$transaction([
        ...(best
          ? [ctx.db.prisma.checkpoint.updateMany({ where: { runId: found.runId }, data: { best: false } })]
          : []),
        ctx.db.prisma.checkpoint.update({
          where: { id },
          data: { ...(kept === undefined ? {} : { kept }), ...(best === undefined ? {} : { best }) },
        }),
      ]);
      await audit(ctx.db, ctx.caller?.name ?? "local", "checkpoints.mark", id, { kept, best });
      return { id };
    }),
});

export const artifacts = router({
  list: at("read", "GET /runs/{id}/artifacts", "What a run put out, with its files")
    .input(z.object({ id: Id }))
    .output(
      gives<{
        artifacts: {
          id: string;
          name: string;
          count: number | null;
          size: number;
          createdAt: string;
          files: StoredFileRow[];
        }[];
      }>(),
    )
    .query(async ({ ctx, input }) => {
      const run = await ctx.db.prisma.run.findUniqueOrThrow({
        where: { id: await resolveRunId(ctx.db, input.id) },
        select: { id: true, cachedFromId: true },
      });
      const found = await ctx.db.prisma.artifact.findMany({
        where: { runId: run.cachedFromId ?? run.id, deletedAt: null },
        orderBy: { name: "asc" },
        include: { files },
      });
      return plain({ artifacts: found });
    }),
});

export const datasets = router({
  list: at("read", "GET /datasets", "Uploaded datasets of a project")
    .input(z.object({ project: z.string().max(100).default("default") }))
    .output(
      gives<{
        datasets: {
          id: string;
          name: string;
          rows: number | null;
          size: number;
          createdAt: string;
          files: StoredFileRow[];
        }[];
      }>(),
    )
    .query(async ({ ctx, input }) => {
      const { projectId: id } = await projectId(ctx.db, input.project, undefined, false);
      return plain({
        datasets: await ctx.db.prisma.dataset.findMany({
          where: { projectId: id, deletedAt: null },
          orderBy: { name: "asc" },
          include: { files },
        }),
      });
    }),

  create: at("write", "POST /datasets", "Name uploaded files as a dataset: configs read it as dataset:NAME")
    .input(
      z.object({
        project: z.string().max(100).default("default"),
        name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "letters, digits, . _ -"),
        rows: z.int().nonnegative().optional(),
        files: z.array(BlobFile).min(1).max(1000),
      }),
    )
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { project, ...dataset } }) => {
      const { projectId: id } = await projectId(ctx.db, project);
      const made = await storeDataset(ctx.db, { projectId: id, ...dataset });
      await audit(ctx.db, ctx.caller?.name ?? "local", "datasets.create", made);
      return { id: made };
    }),

  delete: at("write", "POST /datasets/{id}/delete", "Remove a dataset")
    .input(z.object({ id: Id }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { id } }) => {
      await ctx.db.prisma.dataset.deleteMany({ where: { id } });
      await audit(ctx.db, ctx.caller?.name ?? "local", "datasets.delete", id);
      return { id };
    }),
});
