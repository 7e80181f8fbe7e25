import { poolOf, type Database } from "../database.ts";

/** Resolves when the database answers. */
export async function pingDatabase(db: Database): Promise<void> {
  await poolOf(db).query("SELECT 1");
}
