import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder with one shell script for each name; the caller removes it. */
export function folderOfCommands(scripts: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "uniarm-commands-"));
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

const installer = join(import.meta.dirname, "..", "src", "install.ts");

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the installer as the command line does, seeing only `path` and an engine cache of its own. */
export function runInstaller(args: readonly string[], path: string, cache: string): Outcome {
  const env = { PATH: path, UNIARM_CACHE: cache };
  const { status, stdout, stderr } = spawnSync(process.execPath, [installer, ...args], { env, encoding: "utf8" });
  return { code: status, stdout: stdout.trim(), stderr: stderr.trim() };
}

/** Starts the installer and kills it, and what it started, as soon as `reached` holds. */
export async function killedInstall(path: string, cache: string, reached: () => boolean): Promise<void> {
  const env = { PATH: path, UNIARM_CACHE: cache };
  const child = spawn(process.execPath, [installer], { env, detached: true, stdio: "ignore" });
  const ended = once(child, "exit");
  const holds = (): boolean => {
    try {
      return reached();
    } catch {
      return false; // what it looks at is not there yet
    }
  };
  for (let tries = 0; tries < 500 && !holds(); tries++) await setTimeout(20);
  process.kill(-child.pid!, "SIGKILL"); // detached: a process group of its own
  await ended;
}
