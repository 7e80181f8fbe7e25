import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { UniArmError } from "@uniarm/core/schema";
import { openFolderStore } from "../blobs/folder-store.ts";
import { assertBlobs, openBlobReader } from "../blobs/open-store.ts";
import type { BlobStore } from "../blobs/store.ts";
import { copyBlobs, type CopiedBlobs } from "../blobs/copy.ts";
import { dumpDatabase, type Dump } from "./dump-database.ts";
import type { Following } from "../following.ts";
import { blobsFolderOf, readManifest, writeManifest, type BackupManifest } from "./manifest.ts";
import { withSession } from "./session.ts";
import { hasWhole, storedBlobs } from "./stored-blobs.ts";

/** What a backup's folder may hold; beside them what keeps a second process off it. */
const OWN = /^(manifest\.json(\.new)?|blobs|tables-[\w-]+|\.in-use)$/;

export interface BackupSettings extends Following {
  url: string;
  /** where the platform's files are: a folder, or `s3://BUCKET/PREFIX` */
  blobs: string;
  /** where the backup goes: a new folder, or that of an earlier backup of this platform */
  folder: string;
  /** reads again what the backup holds already */
  verify: boolean;
}

export interface BackedUp {
  manifest: BackupManifest;
  /** bytes of files that the earlier backup did not have */
  newBytes: number;
}

/**
 * Backs a platform up while it runs: the database as it is at one moment, then every file that it names. The backup that
 * the folder holds stays valid until the new one is whole; its files are taken over.
 * @throws UniArmError blobs-missing, backup-folder, and those of `dumpDatabase`
 */
export async function backUp({ url, blobs, folder, verify, ...following }: BackupSettings): Promise<BackedUp> {
  await assertBlobs(blobs);
  const from = await openBlobReader(blobs);
  const earlier = await openBackup(folder);
  const tablesFolder = `tables-${new Date().toISOString().replaceAll(/\W/g, "-")}`;
  const dump = await fullDisk(folder, dumpDatabase(url, join(folder, tablesFolder), following));
  if (earlier !== null && earlier.identity !== dump.identity) {
    await rm(join(folder, tablesFolder), { recursive: true });
    throw new UniArmError(
      "backup-folder",
      `${folder} holds the backup of another platform, of ${earlier.takenAt}. Choose another folder; nothing was changed.`,
    );
  }
  const store = await openFolderStore(blobsFolderOf(folder), { maxBytes: Number.MAX_SAFE_INTEGER });
  const isThere = (blob: Dump["blobs"][number]): Promise<boolean> => hasWhole(store, blob, verify);
  const copied = await copyBlobs(dump.blobs, { from, to: store, isThere }, following);
  const absent = await reasonsOf(url, copied.absent);
  const gone = new Set(absent.map(({ sha256 }) => sha256));
  const held = dump.blobs.filter(({ sha256 }) => !gone.has(sha256));
  const manifest: BackupManifest = { format: 1, tablesFolder, ...dump, blobs: held, absent };
  await fullDisk(folder, writeManifest(folder, manifest));
  await removeUnnamed(folder, manifest, store);
  return { manifest, newBytes: copied.bytes };
}

/** Makes the folder, or opens the backup in it. @throws UniArmError backup-folder, backup-invalid */
async function openBackup(folder: string): Promise<BackupManifest | null> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const foreign = (await readdir(folder)).find((name) => !OWN.test(name));
    if (foreign !== undefined)
      throw new UniArmError(
        "backup-folder",
        `${folder} holds something else: ${foreign}. Name a new folder, or that of an earlier backup.`,
      );
    await chmod(folder, 0o700);
  } catch (cause) {
    if (cause instanceof UniArmError) throw cause;
    throw new UniArmError(
      "backup-folder",
      `The folder ${folder} cannot be written (${(cause as Error).message}). Choose another.`,
      { cause },
    );
  }
  return readManifest(folder);
}

/** What was deleted while it was copied is nobody's loss; what the platform still names is. */
async function reasonsOf(url: string, absent: CopiedBlobs["absent"]): Promise<BackupManifest["absent"]> {
  if (absent.length === 0) return [];
  const { rows } = await withSession(url, (client) =>
    client.query<{ sha256: string }>(`SELECT DISTINCT sha256 FROM "StoredFile" WHERE sha256 = ANY ($1)`, [
      absent.map(({ sha256 }) => sha256),
    ]),
  );
  const named = new Set(rows.map(({ sha256 }) => sha256));
  return absent.map(({ why, ...blob }) => ({ ...blob, why: named.has(blob.sha256) ? why : "purged" }));
}

/** Of earlier backups, and of those that were cut off. */
async function removeUnnamed(folder: string, { tablesFolder, blobs }: BackupManifest, store: BlobStore): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith("tables-") && name !== tablesFolder) await rm(join(folder, name), { recursive: true });
  const named = new Set(blobs.map(({ sha256 }) => sha256));
  for (const sha256 of await storedBlobs(store)) if (!named.has(sha256)) await store.remove(sha256);
}

async function fullDisk<T>(folder: string, work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    if (!["ENOSPC", "EDQUOT"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
    throw new UniArmError(
      "backup-disk-full",
      `There is no disk left for the backup in ${folder}. Free some and repeat the command: files that are there are not copied again.`,
      { cause },
    );
  });
}
