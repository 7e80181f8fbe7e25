import type { Readable } from "node:stream";

export interface BlobIdentity {
  sha256: string;
  size: number;
}

/** Bytes by their sha256. Anything that keeps objects by key can implement it. */
export interface BlobStore {
  /** Stores all of a stream, equal bytes once. @throws UniArmError blob-mismatch, blob-too-large, store-full */
  put: (source: AsyncIterable<Buffer>, expected?: Partial<BlobIdentity>) => Promise<BlobIdentity>;
  has: (sha256: string) => Promise<boolean>;
  /** `start` and `end` are byte offsets, both included. @throws UniArmError blob-missing */
  read: (sha256: string, range?: { start: number; end: number }) => Promise<{ stream: Readable; size: number }>;
  /** No error where there is none. */
  remove: (sha256: string) => Promise<void>;
  freeBytes: () => Promise<number>;
}
