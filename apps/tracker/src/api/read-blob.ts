import { BASE } from "./base.ts";

/** A stored file, or a part of it. @throws Error with a sentence */
export async function readBlob(sha256: string, init: RequestInit): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await fetch(`${BASE}/api/blobs/${sha256}`, { ...init, redirect: "manual" });
  if (answer.type === "opaqueredirect")
    throw new Error("This server sends browsers to its bucket for files, which pages may not read. Download the file.");
  if (!answer.ok) throw new Error(`The server gave ${answer.status} in place of the file. Download it, or try again.`);
  return new Uint8Array(await answer.arrayBuffer());
}
