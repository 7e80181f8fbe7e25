import type { BlobIdentity, BlobStore } from "./store.ts";

export interface CopyProgress {
  /** blobs that were copied, or were there */
  done: number;
  total: number;
  copied: number;
  bytes: number;
}

/**
 * Copies what a store has and another lacks; hashes are checked on the way. Called again it goes on where it was.
 * @throws UniArmError blob-mismatch where a blob is no longer what its name says
 */
export async function* copyBlobs(from: BlobStore, to: BlobStore, signal?: AbortSignal): AsyncGenerator<CopyProgress> {
  const blobs: BlobIdentity[] = [];
  for await (const blob of from.list()) blobs.push(blob);
  const progress: CopyProgress = { done: 0, total: blobs.length, copied: 0, bytes: 0 };
  for (const blob of blobs) {
    if (signal?.aborted) return;
    if ((await to.sizeOf(blob.sha256)) !== blob.size) {
      await to.put(await from.read(blob.sha256), blob);
      progress.copied += 1;
      progress.bytes += blob.size;
    }
    progress.done += 1;
    yield { ...progress };
  }
}
