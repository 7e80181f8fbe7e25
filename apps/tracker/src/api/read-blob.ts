import { BASE } from "./base.ts";

/** A stored file, or a part of it; from the server, also where it sends others to its bucket, which pages may not read. @throws Error with a sentence */
export async function readBlob(sha256: string, init: RequestInit): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await fetch(`${BASE}/api/blobs/${sha256}?redirect=false`, init);
  if (!answer.ok) throw new Error(`The server gave ${answer.status} in place of the file. Download it, or try again.`);
  return new Uint8Array(await answer.arrayBuffer());
}
