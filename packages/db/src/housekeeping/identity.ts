import { poolOf, type Database } from "../database.ts";

export const IDENTITY = `SELECT id FROM "_prisma_migrations" ORDER BY migration_name, started_at LIMIT 1`;

/** What tells this database from all others: the number that its first migration was given. */
export async function databaseIdentity(db: Database): Promise<string> {
  const { rows } = await poolOf(db).query<{ id: string }>(IDENTITY);
  return rows[0]!.id;
}
