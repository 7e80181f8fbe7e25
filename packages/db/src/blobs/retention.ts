import { z } from "zod";
import { poolOf, type Database } from "../database.ts";

/** Which checkpoints of ended runs stay; those that are marked as kept always do. */
export const RetentionPolicy = z.strictObject({
  keepBest: z.boolean().default(true),
  keepLast: z.int().min(1).max(1000).default(2).describe("newest checkpoints of each run"),
  keepDays: z.number().min(0).max(3650).default(30).describe("younger ones stay"),
});
export type RetentionPolicy = z.infer<typeof RetentionPolicy>;

/** Removes the checkpoints that their project's policy does not keep; their files go with `collectBlobs`. Projects without a policy keep all. */
export async function applyRetention(db: Database, { dryRun = false } = {}): Promise<{ checkpoints: number }> {
  const chosen = `SELECT id FROM (
      SELECT c.id, c.kept, c.best, c."createdAt", p.retention, row_number() OVER (PARTITION BY c."runId" ORDER BY c."createdAt" DESC, c.step DESC) AS age
      FROM "Checkpoint" c JOIN "Run" r ON r.id = c."runId" JOIN "Project" p ON p.id = r."projectId"
      WHERE c."deletedAt" IS NULL AND p.retention IS NOT NULL AND r.state IN ('SUCCEEDED', 'FAILED', 'CANCELLED')) AS c
    WHERE NOT kept AND NOT (best AND (retention ->> 'keepBest')::boolean) AND age > (retention ->> 'keepLast')::int
      AND "createdAt" < now() - make_interval(secs => (retention ->> 'keepDays')::float8 * 86400)`;
  if (dryRun) {
    const { rows } = await poolOf(db).query<{ checkpoints: number }>(
      `SELECT count(*) AS checkpoints FROM (${chosen}) AS c`,
    );
    return rows[0]!;
  }
  const { rowCount } = await poolOf(db).query(
    `WITH gone AS (UPDATE "Checkpoint" SET "deletedAt" = now() WHERE id IN (${chosen}) RETURNING id), files AS (DELETE FROM "StoredFile" WHERE "checkpointId" IN (${chosen}))
     SELECT id FROM gone`,
  );
  return { checkpoints: rowCount ?? 0 };
}
