import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh empty folder; call `remove` in a `finally`. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "uniarm-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
