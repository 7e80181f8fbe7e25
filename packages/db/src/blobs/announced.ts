import { createHash } from "node:crypto";
import { UniArmError } from "@uniarm/core/schema";
import type { Announced, BlobIdentity } from "./store.ts";

/** Largest single blob that a store takes unless it is told otherwise. */
export const MAX_BLOB_BYTES = 64 * 2 ** 30;

export interface Checked {
  /** the chunks of the source, counted and hashed as they pass */
  chunks: AsyncIterable<Buffer>;
  /** to be called when all have passed. @throws UniArmError blob-mismatch */
  check: () => BlobIdentity;
}

/** Lets a stream pass and says in the end whether it was what was announced. @throws UniArmError blob-too-large, as it passes */
export function checkAnnounced(source: AsyncIterable<Buffer>, announced: Announced, maxBytes: number): Checked {
  const hash = createHash("sha256");
  let size = 0;
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > maxBytes)
        throw new UniArmError(
          "blob-too-large",
          `The file is larger than ${maxBytes} bytes, the most that the store takes. Split it.`,
        );
      hash.update(chunk);
      yield chunk;
    }
  };
  const check = (): BlobIdentity => {
    const sha256 = hash.digest("hex");
    if (announced.sha256 !== sha256 || (announced.size !== undefined && announced.size !== size))
      throw new UniArmError(
        "blob-mismatch",
        `What arrived has sha256 ${sha256} and ${size} bytes; announced were ${announced.sha256} and ${announced.size ?? size}. Send it again.`,
      );
    return { sha256, size };
  };
  return { chunks: chunks(), check };
}

/** @returns UniArmError blob-missing */
export const blobMissing = (sha256: string): UniArmError =>
  new UniArmError("blob-missing", `The file ${sha256} is not in the store: it was deleted, or never arrived.`);
