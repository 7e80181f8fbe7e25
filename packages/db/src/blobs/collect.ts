import { inTransaction, poolOf, type Database } from "../database.ts";
import type { BlobStore } from "./store.ts";

/** A younger blob without a reference is left alone: its reference may be on the way. */
const YOUNG_SECONDS = 3600;
const BATCH = 500;

export interface Collected {
  blobs: number;
  bytes: number;
}

/**
 * Removes blobs that nothing refers to: they are marked, then their bytes go, then their rows. A call that was interrupted
 * is completed by the next. A reference that is made meanwhile saves its blob, or is refused, and the blob uploaded again.
 */
export async function collectBlobs(
  db: Database,
  store: BlobStore,
  { dryRun = false, youngSeconds = YOUNG_SECONDS } = {},
): Promise<Collected> {
  const unused = `NOT EXISTS (SELECT 1 FROM "StoredFile" f WHERE f.sha256 = b.sha256) AND b."createdAt" < now() - make_interval(secs => $1)`;
  if (dryRun) {
    const { rows } = await poolOf(db).query<{ blobs: number; bytes: number }>(
      `SELECT count(*) AS blobs, coalesce(sum(size), 0)::bigint AS bytes FROM "Blob" b WHERE ${unused}`,
      [youngSeconds],
    );
    return rows[0]!;
  }
  const collected = { blobs: 0, bytes: 0 };
  for (;;) {
    const { rows: marked } = await poolOf(db).query<{ sha256: string }>(
      `UPDATE "Blob" SET "deletingAt" = coalesce("deletingAt", now()) WHERE sha256 IN
         (SELECT sha256 FROM "Blob" b WHERE ${unused} ORDER BY sha256 LIMIT ${BATCH} FOR UPDATE SKIP LOCKED) RETURNING sha256`,
      [youngSeconds],
    );
    if (marked.length === 0) return collected;
    for (const { sha256 } of marked)
      await inTransaction(db, async (client) => {
        const { rows } = await client.query<{ size: number }>(
          `SELECT size FROM "Blob" b WHERE sha256 = $1 AND "deletingAt" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "StoredFile" f WHERE f.sha256 = b.sha256) FOR UPDATE`,
          [sha256],
        );
        if (!rows[0]) return;
        await store.remove(sha256); // while its row is locked, nothing can refer to it
        await client.query(`DELETE FROM "Blob" WHERE sha256 = $1`, [sha256]);
        collected.blobs += 1;
        collected.bytes += rows[0].size;
      });
  }
}
