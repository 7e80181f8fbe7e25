import { poolOf, type Database } from "../database.ts";

/** Notes that a blob is in the store, so that files may refer to it. */
export async function registerBlob(db: Database, { sha256, size }: { sha256: string; size: number }): Promise<void> {
  await poolOf(db).query(
    `INSERT INTO "Blob" (sha256, size) VALUES ($1, $2) ON CONFLICT (sha256) DO UPDATE SET "createdAt" = now(), "deletingAt" = NULL`,
    [sha256, size],
  );
}

/** Which of these are in the store; they stay for at least an hour. */
export async function knownBlobs(db: Database, hashes: readonly string[]): Promise<string[]> {
  const { rows } = await poolOf(db).query<{ sha256: string }>(
    `UPDATE "Blob" SET "createdAt" = now(), "deletingAt" = NULL WHERE sha256 IN (SELECT sha256 FROM "Blob" WHERE sha256 = ANY ($1) ORDER BY sha256 FOR UPDATE) RETURNING sha256`,
    [hashes],
  );
  return rows.map(({ sha256 }) => sha256);
}
