import { LIMITS, MetricKey } from "@uniarm/core/schema";
import {
  createProject,
  findProject,
  listGroups,
  listProjects,
  RetentionPolicy,
  updateProject,
  type GroupSummary,
  type ProjectSummary,
} from "@uniarm/db";
import { z } from "zod";
import { actorOf } from "../context.ts";
import { plain, type Plain } from "../plain.ts";
import { at, Flag, gives, Project, ProjectOrDefault, router } from "../trpc.ts";

const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$/, "letters, digits, blanks, . _ -");
const Metrics = z.array(MetricKey).max(LIMITS.metrics);
const Description = z.string().max(10_000);

export const projects = router({
  list: at("read", "GET /projects", "Projects with their runs by state and the size of their files")
    .input(z.object({ archived: Flag }))
    .output(gives<{ projects: Plain<ProjectSummary>[] }>())
    .query(async ({ ctx, input }) =>
      plain({ projects: await listProjects(ctx.db, { archived: input.archived === "true" }) }),
    ),

  create: at("write", "POST /projects", "Make a project")
    .input(z.object({ name: Name, description: Description.default("") }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input }) => ({ id: await createProject(ctx.db, input, actorOf(ctx)) })),

  update: at("write", "PATCH /projects/{project}", "Name, description, retention, archived, pinned metrics")
    .input(
      z.object({
        project: Project,
        name: Name.optional(),
        description: Description.optional(),
        retention: RetentionPolicy.nullable().optional(),
        archived: z.boolean().optional(),
        pinMetrics: Metrics.optional().describe("pages show these metrics before all others"),
        unpinMetrics: Metrics.optional(),
      }),
    )
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { project, ...changes } }) => {
      const id = await findProject(ctx.db, project);
      await updateProject(ctx.db, id, changes, actorOf(ctx));
      return { id };
    }),
});

export const groups = router({
  list: at("read", "GET /groups", "Groups of runs of a project")
    .input(z.object({ project: ProjectOrDefault }))
    .output(gives<{ groups: Plain<GroupSummary>[] }>())
    .query(async ({ ctx, input }) =>
      plain({ groups: await listGroups(ctx.db, await findProject(ctx.db, input.project)) }),
    ),
});
