import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, statfs, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { Sha256, UniArmError } from "@uniarm/core/schema";
import { blobMissing, checkAnnounced, MAX_BLOB_BYTES } from "./announced.ts";
import type { BlobIdentity, BlobReader, BlobStore, StoreOptions } from "./store.ts";

const FULL = new Set(["ENOSPC", "EDQUOT"]);
/** ENOTDIR, EEXIST: a file is where a folder is to be; ENOENT is what a folder on a read-only disk gives */
const UNWRITABLE = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "ENOENT"]);

/** Blobs as files named by their sha256, in 256 folders. A file appears whole (flushed, then renamed) or not at all. */
export async function openFolderStore(
  folder: string,
  { maxBytes = MAX_BLOB_BYTES, isShared = false }: StoreOptions = {},
): Promise<BlobStore> {
  const incoming = join(folder, "incoming");
  await mkdir(incoming, { recursive: true }).catch((cause: unknown) => {
    throw failure(cause, folder);
  });
  const put: BlobStore["put"] = async (source, announced) => {
    const path = pathOf(folder, announced.sha256);
    const partial = join(incoming, randomBytes(12).toString("hex"));
    const { chunks, check } = checkAnnounced(source, announced, maxBytes);
    try {
      const file = await open(partial, "wx", 0o600);
      try {
        for await (const chunk of chunks) await file.writeFile(chunk);
        await file.sync();
      } finally {
        await file.close();
      }
      const blob = check();
      await mkdir(join(path, ".."), { recursive: true });
      await rename(partial, path);
      await flushFolder(join(path, ".."));
      return blob;
    } catch (cause) {
      await rm(partial, { force: true });
      throw failure(cause, folder);
    }
  };

  const store: BlobStore = {
    put,
    ...readFolderStore(folder),
    remove: async (sha256) => rm(pathOf(folder, sha256), { force: true }),
    sweep: async (olderThanMs) => {
      let count = 0;
      for (const name of await readdir(incoming)) {
        const path = join(incoming, name);
        const written = await stat(path).catch(() => null); // a writer may end meanwhile
        const ageMs = written && Math.max(0, Date.now() - written.mtimeMs); // a disk's clock is finer than ours, and may be ahead
        if (ageMs === null || ageMs < olderThanMs) continue;
        await rm(path, { force: true });
        count += 1;
      }
      return count;
    },
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
  };
  if (!isShared) await store.sweep(0);
  return store;
}

/** The same files, for a process beside the one that writes them: nothing is made, and nothing unfinished is cleared away. */
export const readFolderStore = (folder: string): BlobReader => ({
  sizeOf: (sha256) => sizeOf(pathOf(folder, sha256)),
  read: async (sha256, range) => {
    const file = await openToRead(pathOf(folder, sha256)); // once it is open, nobody can take it away
    if (file === null) throw blobMissing(sha256);
    return file.createReadStream(range);
  },
  list: () => listFiles(folder),
});

// the hash is checked here too: a path is made of nothing else
const pathOf = (folder: string, sha256: string): string => join(folder, Sha256.parse(sha256).slice(0, 2), sha256);

const openToRead = (path: string): Promise<FileHandle | null> =>
  open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });

async function* listFiles(folder: string): AsyncGenerator<BlobIdentity> {
  for (const part of await namesIn(folder)) {
    if (!/^[0-9a-f]{2}$/.test(part)) continue;
    for (const sha256 of await namesIn(join(folder, part))) {
      const size = Sha256.safeParse(sha256).success ? await sizeOf(join(folder, part, sha256)) : null;
      if (size !== null) yield { sha256, size };
    }
  }
}

/** Nothing where there is no such folder. */
const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
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
