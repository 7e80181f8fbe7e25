import { createHash } from "node:crypto";
import type { BlobIdentity } from "../src/blobs/store.ts";

const MEBIBYTE = 2 ** 20;

/** The same bytes for the same seed, none like another. */
export function* mebibytesOf(seed: number, count: number): Generator<Buffer> {
  for (let index = 0; index < count; index++) {
    const chunk = Buffer.alloc(MEBIBYTE, `${seed}/${index}/`);
    yield chunk;
  }
}

export function blobOf(seed: number, mebibytes: number): BlobIdentity {
  const hash = createHash("sha256");
  for (const chunk of mebibytesOf(seed, mebibytes)) hash.update(chunk);
  return { sha256: hash.digest("hex"), size: mebibytes * MEBIBYTE };
}
