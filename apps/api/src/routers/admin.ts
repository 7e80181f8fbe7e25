import { UniArmError } from "@uniarm/core/schema";
import { audit, createKey, listKeys, newId, revokeKey, RetentionPolicy, SCOPES } from "@uniarm/db";
import { z } from "zod";
import { plain, type Plain } from "../plain.ts";
import { projectId } from "../project.ts";
import { at, Flag, gives, router } from "../trpc.ts";

const by = (ctx: { caller: { name: string } | null }): string => ctx.caller?.name ?? "local";
const ProjectName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$/, "letters, digits, blanks, . _ -");

export interface ProjectRow {
  id: string;
  name: string;
  description: string;
  retention: RetentionPolicy | null;
  createdAt: string;
  archivedAt: string | null;
  runs: Record<string, number>;
  bytes: number;
}

export const projects = router({
  list: at("read", "GET /projects", "Projects with their runs by state and the size of their files")
    .input(z.object({ archived: Flag }))
    .output(gives<{ projects: ProjectRow[] }>())
    .query(async ({ ctx, input }) => {
      const { prisma } = ctx.db;
      const found = await prisma.project.findMany({
        where: { archivedAt: input.archived === "true" ? { not: null } : null },
        orderBy: { name: "asc" },
        take: 1000,
      });
      const states = await prisma.run.groupBy({ by: ["projectId", "state"], where: { deletedAt: null }, _count: true });
      const { rows: sizes } = await ctx.db.pool.query<{ projectId: string; bytes: number }>(
        `SELECT r."projectId", sum(f.size)::bigint AS bytes FROM (
           SELECT DISTINCT coalesce(c."runId", a."runId") AS "runId", f.sha256, f.size FROM "StoredFile" f
             LEFT JOIN "Checkpoint" c ON c.id = f."checkpointId" LEFT JOIN "Artifact" a ON a.id = f."artifactId") f
         JOIN "Run" r ON r.id = f."runId" GROUP BY r."projectId"`,
      );
      return {
        projects: found.map((project) => ({
          ...plain({ ...project, retention: null }),
          retention: project.retention === null ? null : RetentionPolicy.parse(project.retention),
          runs: Object.fromEntries(
            states.filter(({ projectId: id }) => id === project.id).map(({ state, _count }) => [state, _count]),
          ),
          bytes: sizes.find(({ projectId: id }) => id === project.id)?.bytes ?? 0,
        })),
      };
    }),

  create: at("write", "POST /projects", "Make a project")
    .input(z.object({ name: ProjectName, description: z.string().max(10_000).default("") }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input }) => {
      const { id } = await ctx.db.prisma.project.create({ data: { id: newId(), ...input } });
      await audit(ctx.db, by(ctx), "projects.create", id, input);
      return { id };
    }),

  update: at("write", "PATCH /projects/{project}", "Name, description, retention, archived")
    .input(
      z.object({
        project: z.string().max(100),
        name: ProjectName.optional(),
        description: z.string().max(10_000).optional(),
        retention: RetentionPolicy.nullable().optional(),
        archived: z.boolean().optional(),
      }),
    )
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { project, retention, archived, ...fields } }) => {
      const { projectId: id } = await projectId(ctx.db, project, undefined, false);
      await ctx.db.pool.query(
        `UPDATE "Project" SET name = coalesce($2, name), description = coalesce($3, description) WHERE id = $1`,
        [id, fields.name ?? null, fields.description ?? null],
      );
      if (retention !== undefined)
        await ctx.db.pool.query(`UPDATE "Project" SET retention = $2 WHERE id = $1`, [
          id,
          retention && JSON.stringify(retention),
        ]);
      if (archived !== undefined)
        await ctx.db.prisma.project.update({ where: { id }, data: { archivedAt: archived ? new Date() : null } });
      await audit(ctx.db, by(ctx), "projects.update", id, { ...fields, retention, archived });
      return { id };
    }),
});

export const groups = router({
  list: at("read", "GET /groups", "Groups of runs of a project")
    .input(z.object({ project: z.string().max(100).default("default") }))
    .output(gives<{ groups: { id: string; name: string; description: string; createdAt: string; runs: number }[] }>())
    .query(async ({ ctx, input }) => {
      const { projectId: id } = await projectId(ctx.db, input.project, undefined, false);
      const found = await ctx.db.prisma.group.findMany({
        where: { projectId: id, archivedAt: null },
        orderBy: { createdAt: "desc" },
        include: { _count: { select: { runs: true } } },
        take: 1000,
      });
      return { groups: found.map(({ _count, ...row }) => ({ ...plain(row), runs: _count.runs })) };
    }),
});

export const keys = router({
  list: at("admin", "GET /keys", "API keys, without their secrets")
    .input(z.object({}))
    .output(gives<{ keys: Plain<Awaited<ReturnType<typeof listKeys>>> }>())
    .query(async ({ ctx }) => plain({ keys: await listKeys(ctx.db) })),

  create: at("admin", "POST /keys", "Make an API key; its secret is shown once")
    .input(
      z.object({
        name: z.string().min(1).max(100),
        scopes: z.array(z.enum(SCOPES)).min(1),
        expiresInDays: z.number().positive().max(3650).optional(),
      }),
    )
    .output(gives<{ id: string; secret: string }>())
    .mutation(async ({ ctx, input: { expiresInDays, ...key } }) => {
      const expiresAt = expiresInDays === undefined ? null : new Date(Date.now() + expiresInDays * 86_400_000);
      const made = await createKey(ctx.db, { ...key, expiresAt });
      await audit(ctx.db, by(ctx), "keys.create", made.id, { name: key.name, scopes: key.scopes });
      return made;
    }),

  revoke: at("admin", "POST /keys/{id}/revoke", "Make a key worthless at once")
    .input(z.object({ id: z.string().max(40) }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { id } }) => {
      await revokeKey(ctx.db, id);
      await audit(ctx.db, by(ctx), "keys.revoke", id);
      return { id };
    }),
});

export const models = router({
  list: at("read", "GET /models", "Base models that workers can open")
    .input(z.object({}))
    .output(gives<{ models: { id: string; name: string; folder: string; createdAt: string }[] }>())
    .query(async ({ ctx }) =>
      plain({
        models: await ctx.db.prisma.model.findMany({
          orderBy: { name: "asc" },
          take: 1000,
          select: { id: true, name: true, folder: true, createdAt: true },
        }),
      }),
    ),

  add: at("write", "POST /models", "Name a model folder of the workers")
    .input(z.object({ name: z.string().min(1).max(100), folder: z.string().min(1).max(1000) }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input }) => {
      const { id } = await ctx.db.prisma.model.create({ data: { id: newId(), ...input } });
      await audit(ctx.db, by(ctx), "models.add", id, input);
      return { id };
    }),

  remove: at("write", "POST /models/{id}/remove", "Forget a model; its folder stays")
    .input(z.object({ id: z.string().max(40) }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { id } }) => {
      const { count } = await ctx.db.prisma.model.deleteMany({ where: { id } });
      if (count === 0)
        throw new UniArmError("model-missing", `There is no model ${id}. See those there are: GET /api/models`);
      await audit(ctx.db, by(ctx), "models.remove", id);
      return { id };
    }),
});
