import { inTransaction, type Client, type Database } from "../database.ts";
import { newId } from "../id.ts";

/** Where a new run belongs. */
export interface ProjectAndGroup {
  projectId: string;
  groupId?: string;
}

/** A project by name or id, and a group of it by name; those that do not exist are made. */
export async function ensureProject(db: Database, project: string, group?: string): Promise<ProjectAndGroup> {
  return inTransaction(db, async (client) => {
    const projectId = await projectOf(client, project);
    if (group === undefined) return { projectId };
    const groupId = await idFrom(
      client,
      `INSERT INTO "Group" (id, "projectId", name) VALUES ($1, $2, $3)
       ON CONFLICT ("projectId", name) DO UPDATE SET name = excluded.name RETURNING id`,
      [newId(), projectId, group],
    );
    return { projectId, groupId };
  });
}

async function projectOf(client: Client, project: string): Promise<string> {
  const found = await client.query<{ id: string }>(`SELECT id FROM "Project" WHERE name = $1 OR id = $1 LIMIT 1`, [
    project,
  ]);
  if (found.rows[0]) return found.rows[0].id;
  // two that make it at the same time get the same one
  return idFrom(
    client,
    `INSERT INTO "Project" (id, name) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id`,
    [newId(), project],
  );
}

async function idFrom(client: Client, sql: string, values: string[]): Promise<string> {
  const { rows } = await client.query<{ id: string }>(sql, values);
  return rows[0]!.id;
}
