import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Sha256, UniArmError } from "@uniarm/core/schema";
import { z } from "zod";

const FILE = "manifest.json";

const StoredBlob = z.strictObject({ sha256: Sha256, size: z.int().nonnegative() });
export type StoredBlob = z.infer<typeof StoredBlob>;

const BackupTable = z.strictObject({
  name: z.string().regex(/^[A-Za-z]+$/),
  columns: z.array(z.string().regex(/^[A-Za-z0-9_]+$/)),
  rows: z.int().nonnegative(),
  /** of its file */
  sha256: Sha256,
});
export type BackupTable = z.infer<typeof BackupTable>;

/** What a backup holds. Written last: a backup that was cut off leaves the one before it valid. */
export const BackupManifest = z.strictObject({
  format: z.literal(1),
  /** the database that it is of */
  identity: z.string(),
  /** everything that was committed before is in it */
  takenAt: z.iso.datetime(),
  migrations: z.array(z.strictObject({ name: z.string(), checksum: z.string() })),
  /** holds a file NAME.copy.gz for each table: PostgreSQL's COPY text format */
  tablesFolder: z.string().regex(/^tables-[\w-]+$/),
  tables: z.array(BackupTable),
  /** below blobs/, by their hashes */
  blobs: z.array(StoredBlob),
  /** files that the database names and the backup does not hold */
  absent: z.array(StoredBlob.extend({ why: z.enum(["purged", "missing", "damaged"]) })),
});
export type BackupManifest = z.infer<typeof BackupManifest>;

export const blobsFolderOf = (backup: string): string => join(backup, "blobs");
export const tableFileOf = (folder: string, table: string): string => join(folder, `${table}.copy.gz`);

/** Null: the folder holds no finished backup. @throws UniArmError backup-invalid */
export async function readManifest(backup: string): Promise<BackupManifest | null> {
  const path = join(backup, FILE);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw new UniArmError("backup-invalid", `${path} cannot be read: ${error.message}.`, { cause: error });
  });
  if (text === null) return null;
  try {
    return BackupManifest.parse(JSON.parse(text));
  } catch (cause) {
    throw new UniArmError(
      "backup-invalid",
      `${path} is not the list of a backup that this version reads (${(cause as Error).message.slice(0, 200)}). Use another backup, or a newer version of this program.`,
      { cause },
    );
  }
}

/** Whole or not at all. */
export async function writeManifest(backup: string, manifest: BackupManifest): Promise<void> {
  const path = join(backup, FILE);
  await writeFile(`${path}.new`, `${JSON.stringify(manifest)}\n`, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
}
