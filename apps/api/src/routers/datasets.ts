import { BlobFile } from "@uniarm/core/schema";
import { audit, deleteDataset, ensureProject, findProject, listDatasets, storeDataset } from "@uniarm/db";
import { z } from "zod";
import { actorOf } from "../context.ts";
import { plain, type Plain } from "../plain.ts";
import { at, gives, ProjectOrDefault, router } from "../trpc.ts";

export const datasets = router({
  list: at("read", "GET /datasets", "Uploaded datasets of a project")
    .input(z.object({ project: ProjectOrDefault }))
    .output(gives<{ datasets: Plain<Awaited<ReturnType<typeof listDatasets>>> }>())
    .query(async ({ ctx, input }) =>
      plain({ datasets: await listDatasets(ctx.db, await findProject(ctx.db, input.project)) }),
    ),

  create: at("write", "POST /datasets", "Name uploaded files as a dataset: configs read it as dataset:NAME")
    .input(
      z.object({
        project: ProjectOrDefault,
        name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "letters, digits, . _ -"),
        rows: z.int().nonnegative().optional(),
        files: z.array(BlobFile).min(1).max(1000),
      }),
    )
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { project, ...dataset } }) => {
      const { projectId } = await ensureProject(ctx.db, project);
      const id = await storeDataset(ctx.db, { projectId, ...dataset });
      await audit(ctx.db, actorOf(ctx), "datasets.create", id);
      return { id };
    }),

  delete: at("write", "POST /datasets/{id}/delete", "Remove a dataset")
    .input(z.object({ id: z.string().min(1).max(40) }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { id } }) => {
      await deleteDataset(ctx.db, id, actorOf(ctx));
      return { id };
    }),
});
