import { UniArmError } from "@uniarm/core/schema";
import type { Following } from "../following.ts";
import type { BlobIdentity, BlobReader, BlobStore } from "./store.ts";

/** Most files are small, and what takes time is that the disk has them. */
const AT_ONCE = 8;
const MEGABYTE = 1e6;

export interface CopiedBlobs {
  /** bytes that were not there yet */
  bytes: number;
  absent: (BlobIdentity & { why: "missing" | "damaged" })[];
}

/** Copies files from store to store; each is hashed on its way, and one that is there already stays. */
export async function copyBlobs(
  blobs: readonly BlobIdentity[],
  {
    from,
    to,
    isThere,
  }: { from: Pick<BlobReader, "read">; to: BlobStore; isThere: (blob: BlobIdentity) => Promise<boolean> },
  { signal, onProgress }: Following,
): Promise<CopiedBlobs> {
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  const copied: CopiedBlobs = { bytes: 0, absent: [] };
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  let done = 0;
  const copy = async (blob: BlobIdentity): Promise<void> => {
    if (!(await isThere(blob))) {
      const why = await copyOne(blob, from, to, stop);
      if (why === null) copied.bytes += blob.size;
      else copied.absent.push({ ...blob, why });
    }
    done += blob.size;
    onProgress("files", Math.round(done / MEGABYTE), Math.round(total / MEGABYTE), "MB");
  };
  const left = blobs.values();
  const line = async (): Promise<void> => {
    for (const blob of left) {
      stop.throwIfAborted();
      await copy(blob).catch((error: unknown) => {
        failed.abort(error);
        throw error;
      });
    }
  };
  await Promise.allSettled(Array.from({ length: AT_ONCE }, line));
  stop.throwIfAborted();
  return copied;
}

/** Null: it is there now; else why it cannot be. */
async function copyOne(
  blob: BlobIdentity,
  from: Pick<BlobReader, "read">,
  to: BlobStore,
  signal: AbortSignal,
): Promise<"missing" | "damaged" | null> {
  try {
    await to.put(stoppable(await from.read(blob.sha256), signal), blob);
    return null;
  } catch (error) {
    const code = error instanceof UniArmError ? error.code : (error as NodeJS.ErrnoException).code;
    if (code === "blob-missing") return "missing";
    if (code === "blob-mismatch" || code === "EIO") return "damaged";
    throw error;
  }
}

async function* stoppable(stream: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    signal.throwIfAborted();
    yield chunk;
  }
}
