import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { BlobFile } from "@uniarm/core/schema";
import type { Client } from "../open-client.ts";
import { putBlob, type BlobUpload } from "../put-blob.ts";
import { hashFile } from "./hash-file.ts";

/** Most hashes that the server is asked about at once. */
const MOST_HASHES = 10_000;

/**
 * Brings files into the server's store; those that are there already are not sent.
 * `files`: path in the store's list -> path on this disk.
 * @throws UniArmError file-missing, blob-...; blob-away, TRPCClientError or Error when the server does not answer: another call sends only what is missing
 */
export async function uploadFiles(client: Client, files: Readonly<Record<string, string>>): Promise<BlobFile[]> {
  const hashed: (BlobFile & { from: string })[] = [];
  for (const [path, from] of Object.entries(files)) hashed.push({ path, from, ...(await hashFile(from)) });
  const present = await presentOf(client, [...new Set(hashed.map(({ sha256 }) => sha256))]);
  for (const { from, sha256, size } of hashed) {
    if (present.has(sha256)) continue;
    const body = Readable.toWeb(createReadStream(from)) as BlobUpload["body"];
    await putBlob(client, { sha256, size, body, name: from });
    present.add(sha256);
  }
  return hashed.map(({ path, sha256, size }) => ({ path, sha256, size }));
}

async function presentOf({ api }: Client, hashes: readonly string[]): Promise<Set<string>> {
  const present = new Set<string>();
  for (let start = 0; start < hashes.length; start += MOST_HASHES) {
    const { known } = await api.work.blobs.mutate({ hashes: hashes.slice(start, start + MOST_HASHES) });
    for (const sha256 of known) present.add(sha256);
  }
  return present;
}
