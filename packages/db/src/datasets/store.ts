import type { BlobFile } from "@uniarm/core/schema";
import { storeFiles } from "../attempts/record.ts";
import { inTransaction, type Database } from "../database.ts";
import { contentHash } from "../hash.ts";
import { newId } from "../id.ts";

/** Names files of the store as a dataset; one of that name is replaced. @returns its id */
export async function storeDataset(
  db: Database,
  {
    projectId,
    name,
    rows,
    files,
  }: { projectId: string; name: string; rows?: number | undefined; files: readonly BlobFile[] },
): Promise<string> {
  return inTransaction(db, async (client) => {
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const made = await client.query<{ id: string }>(
      `INSERT INTO "Dataset" (id, "projectId", name, rows, size, sha256) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT ("projectId", name) DO UPDATE SET rows = excluded.rows, size = excluded.size, sha256 = excluded.sha256, "createdAt" = now(), "deletedAt" = NULL RETURNING id`,
      [newId(), projectId, name, rows ?? null, size, contentHash(files.map(({ path, sha256 }) => [path, sha256]))],
    );
    const id = made.rows[0]!.id;
    await storeFiles(client, "datasetId", id, files);
    return id;
  });
}
