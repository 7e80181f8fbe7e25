import { inTransaction, type Database } from "../database.ts";

/** What a playground run holds. */
export interface Held {
  projectId: string;
  model: string;
  /** checkpoint:ID; null: the base model alone */
  checkpoint: string | null;
}

/** The newest run that holds a model with an ARM, or soon will; else the one that `launch` makes: servers that are asked together make one. */
export async function findPlayground(
  db: Database,
  { projectId, model, checkpoint }: Held,
  launch: () => Promise<string>,
): Promise<string> {
  return inTransaction(db, async (client) => {
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('playground launch'))`);
    const { rows } = await client.query<{ id: string }>(
      `SELECT id FROM "Run" WHERE "projectId" = $1 AND kind = 'playground' AND state IN ('QUEUED', 'RUNNING') AND "desiredState" = 'RUN'
         AND "deletedAt" IS NULL AND config->>'model' = $2 AND config->>'checkpoint' IS NOT DISTINCT FROM $3
       ORDER BY "createdAt" DESC LIMIT 1`,
      [projectId, model, checkpoint],
    );
    return rows[0]?.id ?? launch();
  });
}
