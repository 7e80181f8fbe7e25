import { constants } from "node:fs";
import { copyFile, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { RelativePath, UniArmError, type BlobFile } from "@uniarm/core/schema";
import type { Client } from "../open-client.ts";
import { blobError } from "../put-blob.ts";
import { hashFile } from "./hash-file.ts";

type StoredBlob = Pick<BlobFile, "sha256" | "size">;

interface DownloadOptions {
  signal?: AbortSignal | undefined;
}

/**
 * Puts files of the store below a folder, through a cache where each is kept under its hash.
 * @throws UniArmError path-outside, blob-...; blob-away, or a plain Error where the connection was cut, when another try may succeed: it begins where this one ended
 */
export async function downloadFiles(
  client: Client,
  files: readonly BlobFile[],
  { folder, cache, signal }: { folder: string; cache: string } & DownloadOptions,
): Promise<void> {
  for (const { path, ...blob } of files) {
    const target = join(folder, ...RelativePath.parse(path).split("/"));
    if (!target.startsWith(folder + sep))
      throw new UniArmError("path-outside", `The file ${path} would lie outside of ${folder}.`);
    const cached = join(cache, blob.sha256);
    if ((await sizeOf(cached)) !== blob.size) await downloadFile(client, blob, cached, { signal });
    await mkdir(dirname(target), { recursive: true });
    await copyFile(cached, target); // not a link: whoever is given a file may write into it
  }
}

/** Downloads of this process: the same file is fetched once. */
const underWay = new Map<string, Promise<void>>();

/** Brings one file of the store to a path, where it stands only when it is whole and has its hash. @throws as `downloadFiles` */
export async function downloadFile(
  client: Client,
  blob: StoredBlob,
  target: string,
  options: DownloadOptions = {},
): Promise<void> {
  // somebody else's download may be abandoned by its own signal, or fail: then this caller makes its own
  for (let other = underWay.get(target); other; other = underWay.get(target)) if (await isMade(other)) return;
  const downloading = fetchInto(client, blob, target, options).finally(() => underWay.delete(target));
  underWay.set(target, downloading);
  return downloading;
}

const isMade = (download: Promise<void>): Promise<boolean> =>
  download.then(
    () => true,
    () => false,
  );

async function fetchInto(client: Client, { sha256, size }: StoredBlob, target: string, { signal }: DownloadOptions) {
  const partial = `${target}.${sha256.slice(0, 16)}.partial`; // what is left of other bytes is not added to
  await mkdir(dirname(target), { recursive: true });
  if ((await sizeOf(partial)) !== size) await fetchRest(client, sha256, partial, signal);
  const arrived = await hashFile(partial).catch(() => null); // null: another process ended the same download and renamed it
  if (arrived?.sha256 !== sha256) {
    await rm(partial, { force: true });
    throw awayError(`${sha256} arrived damaged`);
  }
  await rename(partial, target);
}

/** Writes what is missing behind what an earlier try left. */
async function fetchRest({ url, headers, fetch }: Client, sha256: string, partial: string, signal?: AbortSignal) {
  const start = (await sizeOf(partial)) ?? 0;
  const answer = await fetch(`${url}/api/blobs/${sha256}`, {
    headers: { ...headers, ...(start > 0 ? { range: `bytes=${start}-` } : {}) },
    ...(signal ? { signal } : {}),
  });
  if (answer.status === 416) {
    await rm(partial, { force: true });
    throw awayError(`${sha256} is shorter than what was kept of it`);
  }
  if (!answer.ok || !answer.body) throw await blobError(answer, (message) => message);
  // bytes are written where they belong: if another process downloads into the same cache, both write the same
  const file = await open(partial, constants.O_RDWR | constants.O_CREAT);
  await pipeline(
    Readable.fromWeb(answer.body as never),
    file.createWriteStream({ start: answer.status === 206 ? start : 0 }),
  );
}

/** Another try fetches it from its beginning. */
const awayError = (what: string): UniArmError => new UniArmError("blob-away", `${what}. Try again.`);

const sizeOf = async (path: string): Promise<number | null> => (await stat(path).catch(() => null))?.size ?? null;
