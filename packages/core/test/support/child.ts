import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

export const packageFolder = join(import.meta.dirname, "..", "..");

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs an ES module in a Node process of its own. `environment` replaces entries of this process's; undefined removes one. */
export async function runModule(
  folder: string,
  source: string,
  environment: Record<string, string | undefined> = {},
): Promise<Output> {
  const file = join(folder, `child-${process.pid}-${source.length}.mjs`);
  await writeFile(file, source);
  try {
    // pnpm's command shims put every package of the workspace on NODE_PATH
    const env = { ...process.env, NODE_PATH: undefined, ...environment };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { env });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  } finally {
    await rm(file, { force: true });
  }
}

/** A copy of (a part of) this package's sources that can import only the named packages; the caller removes the folder. */
export async function isolatedCopy(part: string, packages: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "uniarm-isolated-"));
  await cp(join(packageFolder, "src", part), join(folder, "src", part), { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  for (const name of packages) {
    const link = join(folder, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(packageFolder, "node_modules", name), link);
  }
  return folder;
}
