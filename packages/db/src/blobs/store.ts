import type { Readable } from "node:stream";

export interface BlobIdentity {
  sha256: string;
  size: number;
}

/** Bytes by their sha256. A folder today; what else keeps objects by key can stand in its place. */
export interface BlobStore {
  /** Takes all of a stream. Bytes that are there already are not written again. @throws UniArmError blob-mismatch, blob-too-large, store-full */
  put: (source: AsyncIterable<Buffer>, expected?: Partial<BlobIdentity>) => Promise<BlobIdentity>;
  has: (sha256: string) => Promise<boolean>;
  /** `start` and `end` are byte offsets, both included. @throws UniArmError blob-missing */
  read: (sha256: string, range?: { start: number; end: number }) => Promise<{ stream: Readable; size: number }>;
  /** No error where there is none. */
  remove: (sha256: string) => Promise<void>;
  freeBytes: () => Promise<number>;
}
