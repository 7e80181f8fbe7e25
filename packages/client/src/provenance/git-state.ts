import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { GitState } from "@uniarm/core/schema";

const run = promisify(execFile);
/** A checkout on a slow disk is not waited for. */
const PATIENCE_MS = 5000;

/**
 * What git says of a folder; null where it is no checkout, or there is no git.
 * @param file of the folder: null as well where git does not know it, such as a package installed into another project's checkout
 */
export async function gitState(folder: string, file?: string): Promise<GitState | null> {
  const git = async (...args: string[]): Promise<string> =>
    (await run("git", ["--no-optional-locks", "-C", folder, ...args], { timeout: PATIENCE_MS })).stdout.trim();
  try {
    if (file !== undefined) await git("ls-files", "--error-unmatch", file);
    const [commit, changed] = await Promise.all([
      git("rev-parse", "HEAD"),
      git("status", "--porcelain", "--untracked-files=no"),
    ]);
    return { commit, isDirty: changed !== "" };
  } catch {
    return null;
  }
}
