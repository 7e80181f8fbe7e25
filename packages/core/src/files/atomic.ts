import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exists } from "./exists.ts";

/**
 * Writes a file so that it is either the old one or wholly the new one, even if the machine stops half-way: a sibling
 * is written, flushed to the disk and renamed. Several chunks are written one after the other. The folder must exist.
 */
export async function writeFileAtomically(
  path: string,
  content: Uint8Array | string | Iterable<Uint8Array>,
): Promise<void> {
  const partial = `${path}.${process.pid}.partial`; // the process id keeps two writers of one file apart
  try {
    const file = await open(partial, "w");
    try {
      const chunks = typeof content === "string" || content instanceof Uint8Array ? [content] : content;
      for (const chunk of chunks) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    throw cause;
  }
  await flushFolder(dirname(path));
}

/**
 * Makes a folder that is either absent or complete: `write` fills a sibling, whose files are flushed before it gets its
 * name. An existing folder is replaced. What a killed writer left behind is cleared by the next one.
 */
export async function writeFolderAtomically(folder: string, write: (partial: string) => Promise<void>): Promise<void> {
  const partial = `${folder}.partial`;
  const replaced = `${folder}.replaced`;
  await mkdir(dirname(folder), { recursive: true });
  await remove(partial);
  await mkdir(partial);
  try {
    await write(partial);
    await flushTree(partial);
    await remove(replaced);
    if (await exists(folder)) await rename(folder, replaced); // a folder cannot be renamed onto a filled one
    await rename(partial, folder);
  } catch (cause) {
    await remove(partial);
    throw cause;
  }
  await flushFolder(dirname(folder));
  await remove(replaced);
}

const remove = (path: string): Promise<void> => rm(path, { recursive: true, force: true });

async function flushTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    await (entry.isDirectory() ? flushTree(path) : flush(path, "r+")); // Windows flushes only what is open for writing
  }
  await flushFolder(folder);
}

async function flush(path: string, flags: "r" | "r+"): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A rename is on the disk once its folder is. Windows cannot open folders; it needs no such flush. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform !== "win32") await flush(folder, "r");
}
