import { UniArmError } from "@uniarm/core/schema";
import { inTransaction, poolOf, type Client, type Database } from "../database.ts";
import { ENDED } from "./state.ts";

/** What deleting would remove; `bytes` are of files that nothing else refers to. */
export interface DeletionPlan {
  runs: number;
  checkpoints: number;
  artifacts: number;
  fronts: number;
  metricPoints: number;
  bytes: number;
}

/** Runs and everything inside them. */
const FAMILY = `WITH RECURSIVE family AS (
    SELECT id FROM "Run" WHERE id = ANY ($1) UNION SELECT r.id FROM "Run" r JOIN family f ON r."parentId" = f.id
  )`;

/** Counts what `deleteRuns` and the removal after it would take away. */
export async function planDeletion(db: Database, ids: readonly string[]): Promise<DeletionPlan> {
  const { rows } = await poolOf(db).query<DeletionPlan>(
    `${FAMILY}, owned AS (
       SELECT f.id, f.sha256, f.size FROM "StoredFile" f LEFT JOIN "Checkpoint" c ON c.id = f."checkpointId" LEFT JOIN "Artifact" a ON a.id = f."artifactId"
       WHERE coalesce(c."runId", a."runId") IN (SELECT id FROM family)
     ), freed AS (
       SELECT DISTINCT sha256, size FROM owned o WHERE NOT EXISTS (
         SELECT 1 FROM "StoredFile" f WHERE f.sha256 = o.sha256 AND f.id NOT IN (SELECT id FROM owned))
     )
     SELECT (SELECT count(*) FROM family) AS runs,
       (SELECT count(*) FROM "Checkpoint" WHERE "deletedAt" IS NULL AND "runId" IN (SELECT id FROM family)) AS checkpoints,
       (SELECT count(*) FROM "Artifact" WHERE "deletedAt" IS NULL AND "runId" IN (SELECT id FROM family)) AS artifacts,
       (SELECT count(*) FROM "ParetoFront" WHERE "runId" IN (SELECT id FROM family)) AS fronts,
       (SELECT coalesce(sum(count), 0)::bigint FROM "MetricSeries" WHERE "runId" IN (SELECT id FROM family)) AS "metricPoints",
       (SELECT coalesce(sum(size), 0)::bigint FROM freed) AS bytes`,
    [ids],
  );
  return rows[0]!;
}

/**
 * First phase of a deletion: runs and their children are hidden, and can be restored. Calling it twice changes nothing.
 * @throws UniArmError run-not-ended, run-needed
 */
export async function deleteRuns(db: Database, ids: readonly string[]): Promise<void> {
  await inTransaction(db, async (client) => {
    const { rows } = await client.query<{ id: string; name: string; state: (typeof ENDED)[number] }>(
      `${FAMILY} SELECT id, name, state FROM "Run" WHERE id IN (SELECT id FROM family) AND "deletedAt" IS NULL ORDER BY id FOR UPDATE`,
      [ids],
    );
    const live = rows.find(({ state }) => !ENDED.includes(state));
    if (live)
      throw new UniArmError(
        "run-not-ended",
        `Run ${live.name} (${live.id}) is ${live.state}. Cancel it first: uniarm runs cancel ${live.id}`,
      );
    const chosen = rows.map(({ id }) => id);
    await refuseIfNeeded(client, chosen);
    await client.query(`UPDATE "Run" SET "deletedAt" = now() WHERE id = ANY ($1)`, [chosen]);
  });
}

/** Other runs may still read their outputs, or have taken them from the cache. */
async function refuseIfNeeded(client: Client, ids: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ id: string; name: string; needs: string }>(
    `SELECT r.id, r.name, coalesce(r."cachedFromId", i."producerId") AS needs FROM "Run" r
       LEFT JOIN "RunInput" i ON i."runId" = r.id AND i."producerId" = ANY ($1) AND r.state IN ('WAITING', 'QUEUED', 'RUNNING')
     WHERE r."deletedAt" IS NULL AND r.id <> ALL ($1) AND (r."cachedFromId" = ANY ($1) OR i."producerId" IS NOT NULL) LIMIT 1`,
    [ids],
  );
  const [other] = rows;
  if (other)
    throw new UniArmError(
      "run-needed",
      `Run ${other.name} (${other.id}) uses the outputs of run ${other.needs}. Delete both together: uniarm runs rm ${other.needs} ${other.id}`,
    );
}

/**
 * Restores runs with everything inside them, and what they cannot be without: the runs that they are in, and the run whose
 * outputs they took. @throws UniArmError run-missing
 */
export async function restoreRuns(db: Database, ids: readonly string[]): Promise<void> {
  const { rowCount } = await poolOf(db).query(
    `${FAMILY}, kept AS (
       SELECT id FROM family UNION
       SELECT needs.id FROM kept JOIN "Run" r ON r.id = kept.id CROSS JOIN LATERAL (VALUES (r."parentId"), (r."cachedFromId")) AS needs(id)
       WHERE needs.id IS NOT NULL
     ) UPDATE "Run" SET "deletedAt" = NULL WHERE id IN (SELECT id FROM kept) AND "deletedAt" IS NOT NULL`,
    [ids],
  );
  if (rowCount === 0)
    throw new UniArmError(
      "run-missing",
      `None of ${ids.join(", ")} is a deleted run that can be restored; some may have been removed for good.`,
    );
}

/**
 * Second phase: removes the rows of runs that were deleted longer ago than that; their files go with `collectBlobs`. A run goes
 * after all that are inside it or took its outputs: those that were restored, or deleted later, keep it. @returns how many
 */
export async function purgeRuns(db: Database, { olderThanSeconds }: { olderThanSeconds: number }): Promise<number> {
  let purged = 0;
  for (;;) {
    // one at a time: a run may have millions of points
    const { rowCount } = await poolOf(db).query(
      `DELETE FROM "Run" WHERE id = (
         SELECT r.id FROM "Run" r WHERE r."deletedAt" <= now() - make_interval(secs => $1)
           AND NOT EXISTS (SELECT 1 FROM "Run" inside WHERE inside."parentId" = r.id)
           AND NOT EXISTS (SELECT 1 FROM "Run" taker WHERE taker."cachedFromId" = r.id)
         ORDER BY r.id LIMIT 1 FOR UPDATE SKIP LOCKED)`, // a restore that is under way has its rows locked
      [olderThanSeconds],
    );
    if (!rowCount) return purged;
    purged += rowCount;
  }
}
