import { UniArmError } from "@uniarm/core/schema";
import { newId, type Database } from "@uniarm/db";

/** The ids of a project and a group by name or id. With `create`, those that are not there are made. @throws UniArmError project-missing */
export async function projectId(
  { prisma, pool }: Database,
  project: string,
  group?: string,
  create = true,
): Promise<{ projectId: string; groupId?: string }> {
  const found = await prisma.project.findFirst({
    where: { OR: [{ name: project }, { id: project }] },
    select: { id: true },
  });
  if (!found && !create)
    throw new UniArmError(
      "project-missing",
      `There is no project "${project}". See those there are: uniarm projects ls`,
    );
  // two that make it at once get the same one
  const { id } =
    found ??
    (await one(
      pool,
      `INSERT INTO "Project" (id, name) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id`,
      [newId(), project],
    ));
  if (group === undefined) return { projectId: id };
  const made = await one(
    pool,
    `INSERT INTO "Group" (id, "projectId", name) VALUES ($1, $2, $3)
     ON CONFLICT ("projectId", name) DO UPDATE SET name = excluded.name RETURNING id`,
    [newId(), id, group],
  );
  return { projectId: id, groupId: made.id };
}

async function one(pool: Database["pool"], sql: string, values: string[]): Promise<{ id: string }> {
  const { rows } = await pool.query<{ id: string }>(sql, values);
  return rows[0]!;
}
