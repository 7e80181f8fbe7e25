// Minimal: the durable writer (fsync, folders) replaces this file.
import { rename, writeFile } from "node:fs/promises";

export async function writeFileAtomically(path: string, content: Uint8Array | string): Promise<void> {
  await writeFile(`${path}.partial`, content);
  await rename(`${path}.partial`, path);
}
