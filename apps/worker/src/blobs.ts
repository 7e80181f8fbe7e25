import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UniArmError, RelativePath, type BlobFile } from "@uniarm/core/schema";
import { headersOf, type Api, type Server } from "./client.ts";

export async function hashFile(path: string): Promise<{ sha256: string; size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest("hex"), size };
}

/** Brings files into the store; those that are there already are not sent. `files`: path in the store's list -> path on this disk. */
export async function uploadFiles(server: Server, api: Api, files: Record<string, string>): Promise<BlobFile[]> {
  const hashed: (BlobFile & { from: string })[] = [];
  for (const [path, from] of Object.entries(files)) hashed.push({ path, from, ...(await hashFile(from)) });
  const { known } = await api.work.blobs.mutate({ hashes: [...new Set(hashed.map(({ sha256 }) => sha256))] });
  const there = new Set(known);
  for (const { from, sha256, size } of hashed) {
    if (there.has(sha256)) continue;
    const answer = await fetch(`${server.url}/api/blobs/${sha256}`, {
      method: "PUT",
      headers: { ...headersOf(server.key), "content-type": "application/octet-stream", "content-length": String(size) },
      body: Readable.toWeb(createReadStream(from)) as ReadableStream,
      duplex: "half",
    });
    if (!answer.ok) throw await refusal(answer);
    await answer.arrayBuffer();
    there.add(sha256);
  }
  return hashed.map(({ path, sha256, size }) => ({ path, sha256, size }));
}

/** Puts files of the store below a folder, through a cache of this worker. */
export async function downloadFiles(
  server: Server,
  files: readonly BlobFile[],
  folder: string,
  cache: string,
): Promise<void> {
  await mkdir(cache, { recursive: true });
  for (const { path, sha256, size } of files) {
    const cached = join(cache, sha256);
    const there = await stat(cached).catch(() => null);
    if (there?.size !== size) await download(server, sha256, cached);
    const target = join(folder, ...RelativePath.parse(path).split("/"));
    if (!target.startsWith(folder + sep))
      throw new UniArmError("path-outside", `The file ${path} would lie outside of ${folder}.`);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(cached, target); // not a link: jobs may write into what they are given
  }
}

async function download(server: Server, sha256: string, target: string): Promise<void> {
  const answer = await fetch(`${server.url}/api/blobs/${sha256}`, { headers: headersOf(server.key) });
  if (!answer.ok || !answer.body) throw await refusal(answer);
  const partial = `${target}.${process.pid}.partial`;
  try {
    await pipeline(Readable.fromWeb(answer.body as never), createWriteStream(partial));
    const found = await hashFile(partial);
    if (found.sha256 !== sha256) throw new Error(`${sha256} arrived damaged`); // passing: it is fetched again
    await rename(partial, target);
  } finally {
    await rm(partial, { force: true });
  }
}

/** 5xx: worth another try. */
async function refusal(answer: Response): Promise<Error> {
  const { message = answer.statusText, code = "refused" } = (await answer.json().catch(() => ({}))) as {
    message?: string;
    code?: string;
  };
  return answer.status >= 500 ? new Error(message) : new UniArmError(`blob-${code.toLowerCase()}`, message);
}
