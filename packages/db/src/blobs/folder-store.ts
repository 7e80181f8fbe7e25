import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, statfs, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { Sha256, UniArmError } from "@uniarm/core/schema";
import type { BlobStore } from "./store.ts";

const FULL = new Set(["ENOSPC", "EDQUOT"]);
/** ENOTDIR, EEXIST: a file is where a folder is to be; ENOENT is what a folder on a read-only disk gives */
const UNWRITABLE = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "ENOENT"]);

export interface FolderStoreOptions {
  /** largest single blob */
  maxBytes?: number;
}

/** Blobs as files named by their sha256, in 256 folders. A file appears whole (flushed, then renamed) or not at all. */
export async function openFolderStore(
  folder: string,
  { maxBytes = 64 * 2 ** 30 }: FolderStoreOptions = {},
): Promise<BlobStore> {
  const incoming = join(folder, "incoming");
  await mkdir(incoming, { recursive: true }).catch((cause: unknown) => {
    throw failure(cause, folder);
  });
  for (const left of await readdir(incoming)) await rm(join(incoming, left), { force: true }); // of writers that were killed
  const put: BlobStore["put"] = async (source, expected = {}) => {
    const partial = join(incoming, randomBytes(12).toString("hex"));
    const hash = createHash("sha256");
    let size = 0;
    try {
      const file = await open(partial, "wx", 0o600);
      try {
        for await (const chunk of source) {
          size += chunk.length;
          if (size > maxBytes)
            throw new UniArmError(
              "blob-too-large",
              `The file is larger than ${maxBytes} bytes, the most that the store takes. Split it.`,
            );
          hash.update(chunk);
          await file.writeFile(chunk);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      const sha256 = hash.digest("hex");
      if (
        (expected.sha256 !== undefined && expected.sha256 !== sha256) ||
        (expected.size !== undefined && expected.size !== size)
      )
        throw new UniArmError(
          "blob-mismatch",
          `What arrived has sha256 ${sha256} and ${size} bytes; announced were ${expected.sha256 ?? sha256} and ${expected.size ?? size}. Send it again.`,
        );
      const path = pathOf(folder, sha256);
      await mkdir(join(path, ".."), { recursive: true });
      await rename(partial, path);
      await flushFolder(join(path, ".."));
      return { sha256, size };
    } catch (cause) {
      await rm(partial, { force: true });
      throw failure(cause, folder);
    }
  };

  return {
    put,
    ...readFolderStore(folder),
    remove: async (sha256) => rm(pathOf(folder, sha256), { force: true }),
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
  };
}

/** The same files, for a process beside the one that writes them: nothing is made, and nothing unfinished is cleared away. */
export const readFolderStore = (folder: string): Pick<BlobStore, "has" | "read"> => ({
  has: async (sha256) => (await sizeOf(pathOf(folder, sha256))) !== null,
  read: async (sha256, range) => {
    const file = await openToRead(pathOf(folder, sha256)); // once it is open, nobody can take it away
    if (file === null)
      throw new UniArmError(
        "blob-missing",
        `The file ${sha256} is not in the store: it was deleted, or never arrived.`,
      );
    return { stream: file.createReadStream(range), size: (await file.stat()).size };
  },
});

// the hash is checked here too: a path is made of nothing else
const pathOf = (folder: string, sha256: string): string => join(folder, Sha256.parse(sha256).slice(0, 2), sha256);

const openToRead = (path: string): Promise<FileHandle | null> =>
  open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  await handle.sync().finally(() => handle.close());
}

const sizeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ size }) => size,
    () => null,
  );

function failure(cause: unknown, folder: string): unknown {
  const { code = "", message } = cause as { code?: string; message: string };
  if (FULL.has(code))
    return new UniArmError(
      "store-full",
      `There is no disk left for the blob store ${folder}. Free some, or shorten the retention; nothing was lost.`,
      { cause },
    );
  if (UNWRITABLE.has(code))
    return new UniArmError(
      "folder-unwritable",
      `The blob store ${folder} cannot be written (${message}). Give this user the right to write there, or choose another folder with --data.`,
      { cause },
    );
  return cause;
}
