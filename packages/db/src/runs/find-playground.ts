import { poolOf, type Database } from "../database.ts";

/** What a playground run holds. */
export interface Held {
  projectId: string;
  model: string;
  /** checkpoint:ID; null: the base model alone */
  checkpoint: string | null;
}

/** The newest run that holds a model with an ARM, or soon will; null where there is none. */
export async function findPlayground(db: Database, { projectId, model, checkpoint }: Held): Promise<string | null> {
  const { rows } = await poolOf(db).query<{ id: string }>(
    `SELECT id FROM "Run" WHERE "projectId" = $1 AND kind = 'playground' AND state IN ('QUEUED', 'RUNNING') AND "desiredState" = 'RUN'
       AND "deletedAt" IS NULL AND config->>'model' = $2 AND config->>'checkpoint' IS NOT DISTINCT FROM $3
     ORDER BY "createdAt" DESC LIMIT 1`,
    [projectId, model, checkpoint],
  );
  return rows[0]?.id ?? null;
}
