import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { RelativePath, UniArmError, type BlobFile } from "@uniarm/core/schema";
import type { Connection } from "./connect.ts";

/** A file of this disk, hashed while its lines are counted. */
export interface Hashed extends BlobFile {
  from: string;
  lines: number;
}

const NEWLINE = 10;

/** @throws UniArmError file-missing, file-name */
export async function hashFile(from: string): Promise<Hashed> {
  const path = RelativePath.safeParse(basename(from));
  if (!path.success)
    throw new UniArmError("file-name", `A file of a dataset is named with letters, digits, . _ - : rename ${from}`);
  const hash = createHash("sha256");
  let [size, lines, last] = [0, 0, NEWLINE];
  try {
    for await (const chunk of createReadStream(from) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      for (const byte of chunk) if (byte === NEWLINE) lines += 1;
      size += chunk.length;
      last = chunk.at(-1)!;
    }
  } catch (cause) {
    throw new UniArmError("file-missing", `${from} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return { path: path.data, from, sha256: hash.digest("hex"), size, lines: last === NEWLINE ? lines : lines + 1 };
}

/** Brings a file into the server's store. @throws UniArmError upload-refused */
export async function uploadFile({ url, key }: Connection, { from, sha256, size }: Hashed): Promise<void> {
  const answer = await fetch(`${url}/api/blobs/${sha256}`, {
    method: "PUT",
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      "content-type": "application/octet-stream",
      "content-length": String(size),
    },
    body: Readable.toWeb(createReadStream(from)) as ReadableStream,
    duplex: "half",
  });
  if (answer.ok) return;
  const { message = answer.statusText } = (await answer.json().catch(() => ({}))) as { message?: string };
  throw new UniArmError("upload-refused", `${from} was not taken: ${message}`);
}
