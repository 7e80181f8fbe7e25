import { openFolderStore } from "./folder-store.ts";
import { s3Location } from "./s3-location.ts";
import type { BlobStore } from "./store.ts";

/** The store at a folder or at `s3://BUCKET[/PREFIX]`. @throws UniArmError blobs-location and what the store throws */
export async function openBlobStore(location: string): Promise<BlobStore> {
  const s3 = s3Location(location);
  return s3 ? (await import("./s3-store.ts")).openS3Store(s3) : openFolderStore(location);
}
