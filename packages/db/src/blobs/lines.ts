import { UniArmError } from "@uniarm/core/schema";
import type { BlobStore } from "./store.ts";

/** No line of JSONL is longer; a file with longer lines is something else. */
const LONGEST_LINE_BYTES = 4 * 2 ** 20;
const NEWLINE = 0x0a;

/** A line of a blob and the offset after it, where reading can continue. */
export interface BlobLine {
  text: string;
  end: number;
}

/** Lines of a blob from an offset at which one begins. @throws UniArmError blob-missing, line-too-large */
export async function* readLines(
  store: BlobStore,
  { sha256, size }: { sha256: string; size: number },
  offset: number,
): AsyncGenerator<BlobLine> {
  if (offset >= size) return;
  const stream = await store.read(sha256, { start: offset, end: size - 1 });
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let end = offset;
  const flush = (last: Buffer): string => {
    const text = Buffer.concat([...pending, last]).toString("utf8");
    [pending, pendingBytes] = [[], 0];
    return text;
  };
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        end += pendingBytes + at + 1 - from;
        const text = flush(chunk.subarray(from, at));
        from = at + 1;
        yield { text, end };
      }
      pending.push(chunk.subarray(from));
      pendingBytes += chunk.length - from;
      if (pendingBytes > LONGEST_LINE_BYTES)
        throw new UniArmError(
          "line-too-large",
          `The file ${sha256} has a line of more than ${LONGEST_LINE_BYTES} bytes.`,
        );
    }
    if (pendingBytes > 0) yield { text: flush(Buffer.alloc(0)), end: size };
  } finally {
    stream.destroy();
  }
}
