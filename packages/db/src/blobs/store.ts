import type { Readable } from "node:stream";

export interface BlobIdentity {
  sha256: string;
  size: number;
}

/** What a blob is announced as. */
export interface Announced {
  sha256: string;
  /** bytes, where they are known beforehand */
  size?: number;
}

/** Blobs that others write. */
export interface BlobReader {
  /** bytes; null where there is no such blob */
  sizeOf: (sha256: string) => Promise<number | null>;
  /** `start` and `end` are byte offsets, both included; an empty blob has no range. @throws UniArmError blob-missing */
  read: (sha256: string, range?: { start: number; end: number }) => Promise<Readable>;
  /** All that is there, in no order that is promised. */
  list: () => AsyncIterable<BlobIdentity>;
}

/** Bytes by their sha256. Anything that keeps objects by key can implement it. */
export interface BlobStore extends BlobReader {
  /**
   * Stores all of a stream if it is what was announced, equal bytes once: it appears whole or not at all.
   * @throws UniArmError blob-mismatch, blob-too-large, store-full, store-unreachable, store-refused
   */
  put: (source: AsyncIterable<Buffer>, announced: Announced) => Promise<BlobIdentity>;
  /** No error where there is none. */
  remove: (sha256: string) => Promise<void>;
  /** Removes what writers began so long ago and never ended -> how many. */
  sweep: (olderThanMs: number) => Promise<number>;
  /** null where the store does not say */
  freeBytes: () => Promise<number | null>;
  /** An address that gives the bytes to whoever has it, for a quarter of an hour; only stores that have such addresses. */
  urlOf?: (sha256: string, fileName: string) => Promise<string>;
}

export interface StoreOptions {
  /** largest single blob */
  maxBytes?: number;
  /** others may be writing there: what they have begun is left alone */
  isShared?: boolean;
}
