import { stat } from "node:fs/promises";
import { UniArmError } from "@uniarm/core/schema";
import { openFolderStore, readFolderStore } from "./folder-store.ts";
import { s3Location } from "./s3-location.ts";
import type { BlobReader, BlobStore, StoreOptions } from "./store.ts";

/** The store at a folder or at `s3://BUCKET[/PREFIX]`. @throws UniArmError blobs-location and what the store throws */
export async function openBlobStore(location: string, options: StoreOptions = {}): Promise<BlobStore> {
  const s3 = s3Location(location);
  return s3 ? (await import("./s3-store.ts")).openS3Store(s3, options) : openFolderStore(location, options);
}

/** @throws UniArmError blobs-missing where a folder is named that is not there; a bucket says so itself when it is opened */
export async function assertBlobs(location: string): Promise<void> {
  if (s3Location(location) || (await stat(location).catch(() => null))?.isDirectory()) return;
  throw new UniArmError(
    "blobs-missing",
    `There is no folder ${location} with the files of a platform: they are in \`blobs\` of its data folder, or where its server was told with --blobs.`,
  );
}

/** The same to read, beside the process that writes it; a folder that is not there holds nothing. */
export async function openBlobReader(location: string): Promise<BlobReader> {
  return s3Location(location) ? openBlobStore(location) : readFolderStore(location);
}
