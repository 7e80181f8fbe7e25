import { readdir } from "node:fs/promises";
import { UniArmError } from "../schema/error.ts";

/**
 * That a folder is absent or empty: writing a folder replaces whatever is in it.
 * @throws UniArmError output-exists
 */
export async function assertNewFolder(folder: string): Promise<void> {
  const held = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (held.length === 0) return;
  throw new UniArmError("output-exists", `There is something in ${folder} already. Name a new folder.`);
}
