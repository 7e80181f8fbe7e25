import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { UniArmError } from "@uniarm/core/schema";

/** SHA-256 and bytes of a file. @throws UniArmError file-missing: it cannot be read */
export async function hashFile(path: string): Promise<{ sha256: string; size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
  } catch (cause) {
    throw new UniArmError(
      "file-missing",
      `The file ${path} cannot be read: ${(cause as Error).message}. Put it there, or correct the path.`,
      { cause },
    );
  }
  return { sha256: hash.digest("hex"), size };
}
