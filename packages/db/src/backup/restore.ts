import { join } from "node:path";
import { UniArmError } from "@uniarm/core/schema";
import { readFolderStore } from "../blobs/folder-store.ts";
import { openBlobReader, openBlobStore } from "../blobs/open-store.ts";
import { withoutPassword } from "../connection-error.ts";
import { migrate, missingMigrations } from "../migrate/migrate.ts";
import { committedMigrations } from "../migrate/migrations.ts";
import { copyBlobs } from "../blobs/copy.ts";
import type { Following } from "../following.ts";
import { filledTables, loadDatabase } from "./load-database.ts";
import { blobsFolderOf, readManifest, type BackupManifest, type StoredBlob } from "./manifest.ts";
import { withSession } from "./session.ts";
import { hasWhole, storedBlobs } from "./stored-blobs.ts";

export interface RestoreSettings extends Following {
  url: string;
  /** the database may hold tables of other programs */
  isShared: boolean;
  /** where the new platform's files go: a folder, or `s3://BUCKET/PREFIX` */
  blobs: string;
  /** of the backup, and what `openBackup` said of it */
  folder: string;
  manifest: BackupManifest;
  /** goes on without files that the backup lacks or has damaged */
  withoutDamaged: boolean;
}

export interface Restored {
  /** files that were lost with the backup's disk: what they belonged to counts as removed */
  damaged: StoredBlob[];
  /** runs that go on as soon as the platform has a worker */
  unfinished: number;
}

/** What a backup holds. @throws UniArmError backup-missing, backup-invalid, database-newer, migration-edited */
export async function openBackup(folder: string): Promise<BackupManifest> {
  const manifest = await readManifest(folder);
  if (manifest === null)
    throw new UniArmError(
      "backup-missing",
      `There is no finished backup in ${folder}. Name the folder that \`uniarm backup\` wrote.`,
    );
  const applied = manifest.migrations.map(({ name, checksum }) => ({ migration_name: name, checksum }));
  missingMigrations(applied, committedMigrations());
  return manifest;
}

/**
 * Makes a platform of a backup: its files, each of them checked by its hash, then its database in one transaction, then the
 * migrations that are newer than the backup. A call that was cut off can be repeated.
 * @throws UniArmError backup-damaged, platform-not-empty, and those of `migrate`
 */
export async function restorePlatform(settings: RestoreSettings): Promise<Restored> {
  const { url, isShared, folder, manifest, ...following } = settings;
  const known = committedMigrations();
  await withSession(url, async (client) => assertEmpty(await filledTables(client), url));
  await assertNoOtherFiles(settings.blobs, manifest);
  const names = new Set(manifest.migrations.map(({ name }) => name));
  await migrate(
    url,
    known.filter(({ name }) => names.has(name)),
    { isShared },
  );
  const damaged = await restoreFiles(settings);
  const absent = [...manifest.absent, ...damaged].map(({ sha256 }) => sha256);
  const unfinished = await withSession(url, async (client) => {
    assertEmpty(await filledTables(client), url);
    await loadDatabase(client, { folder: join(folder, manifest.tablesFolder), manifest, absent }, following);
    await migrate(url, known, { isShared });
    const { rows } = await client.query<{ count: string }>(
      `SELECT count(*) FROM "Run" WHERE state IN ('WAITING', 'QUEUED', 'RUNNING') AND kind <> 'study' AND "deletedAt" IS NULL`,
    );
    return Number(rows[0]!.count);
  });
  return { damaged, unfinished };
}

function assertEmpty(filled: readonly string[], url: string): void {
  if (filled.length === 0) return;
  throw new UniArmError(
    "platform-not-empty",
    `The database ${withoutPassword(url)} holds a platform already (rows in ${filled.slice(0, 5).join(", ")}). Restore into a new data folder (--data), or a new database (createdb); nothing was changed.`,
  );
}

/** What an interrupted restore left is taken over. */
async function assertNoOtherFiles(blobs: string, manifest: BackupManifest): Promise<void> {
  const named = new Set(manifest.blobs.map(({ sha256 }) => sha256));
  const other = (await storedBlobs(await openBlobReader(blobs))).filter((sha256) => !named.has(sha256));
  if (other.length === 0) return;
  throw new UniArmError(
    "platform-not-empty",
    `${blobs} holds ${other.length === 1 ? "1 file that is" : `${other.length} files that are`} not of this backup (${other[0]}). Restore into a new data folder: --data; nothing was changed.`,
  );
}

async function restoreFiles({
  folder,
  manifest,
  blobs,
  withoutDamaged,
  ...following
}: RestoreSettings): Promise<StoredBlob[]> {
  const store = await openBlobStore(blobs, { maxBytes: Number.MAX_SAFE_INTEGER });
  const { absent } = await copyBlobs(
    manifest.blobs,
    { from: readFolderStore(blobsFolderOf(folder)), to: store, isThere: (blob) => hasWhole(store, blob, false) },
    following,
  );
  if (absent.length > 0 && !withoutDamaged)
    throw new UniArmError(
      "backup-damaged",
      `Of the backup's ${manifest.blobs.length} ${manifest.blobs.length === 1 ? "file" : "files"} ${absent.length} ${absent.length === 1 ? "is" : "are"} ${absent[0]!.why} (${absent[0]!.sha256}). Use another backup, or go on without: --without-damaged`,
    );
  return absent.map(({ sha256, size }) => ({ sha256, size }));
}
