import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Sha256 } from "@uniarm/core/schema";
import type { BlobStore } from "../blobs/store.ts";
import type { StoredBlob } from "./manifest.ts";

/** Hashes of the files of a folder store; nothing where there is no such folder. */
export async function storedBlobs(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const part of await namesIn(folder))
    if (/^[0-9a-f]{2}$/.test(part))
      for (const name of await namesIn(join(folder, part))) if (Sha256.safeParse(name).success) found.push(name);
  return found;
}

const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });

/** Whether a store has a blob, by its size or, `verify`, by all of its bytes. A wrong one is removed. */
export async function hasWhole(store: BlobStore, { sha256, size }: StoredBlob, verify: boolean): Promise<boolean> {
  if (!(await store.has(sha256))) return false;
  const { stream, size: stored } = await store.read(sha256);
  if (verify && stored === size) {
    const hash = createHash("sha256");
    for await (const chunk of stream as AsyncIterable<Buffer>) hash.update(chunk);
    if (hash.digest("hex") === sha256) return true;
  } else {
    stream.destroy();
    if (stored === size) return true;
  }
  await store.remove(sha256);
  return false;
}
