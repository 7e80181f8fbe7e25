import { dirname } from "node:path";
import { statfs } from "node:fs/promises";
import { UniArmError } from "@uniarm/core/schema";

export const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

/** @throws UniArmError pull-no-space */
export async function requireSpace(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= needed) return;
  throw noSpace(
    folder,
    `Pulling it needs ${megabytes(needed)} MB of disk and ${folder} has ${megabytes(bavail * bsize)} MB free.`,
  );
}

const noSpace = (folder: string, what: string, cause?: unknown): UniArmError =>
  new UniArmError("pull-no-space", `${what} Make room, or let UNIARM_CACHE name another folder.`, { cause });

/** Runs work that writes into a folder. @throws UniArmError pull-not-writable, pull-no-space in place of the system's words */
export async function writable<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    if (["ENOSPC", "EDQUOT"].includes(code))
      throw noSpace(folder, `The disk of ${folder} is full; what came is kept.`, cause);
    if (!["EACCES", "EROFS", "EPERM", "ENOTDIR", "EEXIST"].includes(code)) throw cause;
    throw new UniArmError(
      "pull-not-writable",
      `${dirname(folder)} may not be written (${code}). Let UNIARM_CACHE name another folder.`,
      { cause },
    );
  }
}
