import { LIMITS } from "@uniarm/core/schema";
import { deleteView, findProject, listViews, saveView, type SavedView } from "@uniarm/db";
import { z } from "zod";
import { actorOf } from "../context.ts";
import { plain, type Plain } from "../plain.ts";
import { at, gives, ProjectOrDefault, router } from "../trpc.ts";

const Id = z.string().max(40);
/** What stands in the address of the list of runs; pages read what they know of it. */
const Search = z
  .record(z.string().max(40), z.union([z.string().max(LIMITS.list), z.boolean()]))
  .refine((search) => JSON.stringify(search).length <= LIMITS.list, `at most ${LIMITS.list} letters together`);

/** Named ways to look at the runs of a project, shared by all who see it. */
export const views = router({
  list: at("read", "GET /views", "Saved views of a project's runs")
    .input(z.object({ project: ProjectOrDefault }))
    .output(gives<{ views: Plain<SavedView>[] }>())
    .query(async ({ ctx, input }) =>
      plain({ views: await listViews(ctx.db, await findProject(ctx.db, input.project)) }),
    ),

  save: at("write", "POST /views", "Save a view under a name")
    .input(
      z.object({
        project: ProjectOrDefault,
        name: z.string().trim().min(1).max(100),
        search: Search,
        replace: z.boolean().default(false).describe("take the place of the view that has the name"),
      }),
    )
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { project, ...view } }) => {
      const projectId = await findProject(ctx.db, project);
      return { id: await saveView(ctx.db, { ...view, projectId }, actorOf(ctx)) };
    }),

  delete: at("write", "POST /views/{id}/delete", "Delete a saved view")
    .input(z.object({ id: Id }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { id } }) => {
      await deleteView(ctx.db, id, actorOf(ctx));
      return { id };
    }),
});
