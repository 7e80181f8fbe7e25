import { createHash } from "node:crypto";
import type { BlobReader, BlobStore } from "../blobs/store.ts";
import type { StoredBlob } from "./manifest.ts";

/** Hashes of all that a store has. */
export async function storedBlobs(store: BlobReader): Promise<string[]> {
  const found: string[] = [];
  for await (const { sha256 } of store.list()) found.push(sha256);
  return found;
}

/** Whether a store has a blob, by its size or, `verify`, by all of its bytes. A wrong one is removed. */
export async function hasWhole(store: BlobStore, { sha256, size }: StoredBlob, verify: boolean): Promise<boolean> {
  const stored = await store.sizeOf(sha256);
  if (stored === null) return false;
  if (stored === size && (!verify || (await hashOf(store, sha256)) === sha256)) return true;
  await store.remove(sha256);
  return false;
}

async function hashOf(store: BlobReader, sha256: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of (await store.read(sha256)) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest("hex");
}
