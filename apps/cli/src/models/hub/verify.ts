import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { HubFile } from "./hub-file.ts";

/** Whether a file's bytes are those that the hub lists. */
export async function isWhole(path: string, { bytes, digest }: HubFile): Promise<boolean> {
  const hash = createHash(digest.kind === "sha256" ? "sha256" : "sha1");
  if (digest.kind === "git-sha1") hash.update(`blob ${bytes}\0`); // what git puts before a file
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex") === digest.hex;
}
