/** Copies the blob of a seed from one store into another, told by the arguments FROM TO SEED MEBIBYTES; a line for each MiB that was read. */
import { Readable } from "node:stream";
import { copyBlobs, openBlobStore } from "../src/index.ts";
import { blobOf } from "./seeded-blob.ts";

const MEBIBYTE = 2 ** 20;
const [from = "", to = "", seed = "", mebibytes = ""] = process.argv.slice(2);
const [source, target] = [await openBlobStore(from), await openBlobStore(to)];
const read: typeof source.read = async (sha256, range) => {
  const stream = await source.read(sha256, range);
  const told = async function* (): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      yield chunk;
      const before = Math.floor(bytes / MEBIBYTE);
      bytes += chunk.length;
      process.stdout.write("read\n".repeat(Math.floor(bytes / MEBIBYTE) - before));
      await new Promise(setImmediate); // a kill arrives between two chunks too
    }
  };
  return Readable.from(told());
};
const blob = blobOf(Number(seed), Number(mebibytes));
const isThere = async (): Promise<boolean> => (await target.sizeOf(blob.sha256)) === blob.size;
const following = { signal: new AbortController().signal, onProgress: () => undefined };
const { absent } = await copyBlobs([blob], { from: { read }, to: target, isThere }, following);
process.stdout.write(absent.length === 0 ? "copied\n" : "absent\n");
