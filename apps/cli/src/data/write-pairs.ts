import type { PreferencePair } from "@uniarm/core/schema";
import { partFiles, type WrittenFile } from "./write-parts.ts";

type Write = (part: string | null, pair: PreferencePair) => Promise<void>;

/** Writes the pairs that `work` gives; the files appear once all of their lines are there, or not at all. */
export async function writePairs(output: string, work: (write: Write) => Promise<void>): Promise<WrittenFile[]> {
  const files = partFiles(output);
  try {
    await work((part, pair) => files.write(part, pair));
    return await files.finish();
  } finally {
    await files.abandon();
  }
}
