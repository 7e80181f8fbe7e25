import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What postmaster.pid says of a server: line 1 its process, line 4 its port, line 8 its status. */
export interface Postmaster {
  pid: number;
  port: number;
  ready: boolean;
}

/** The server that runs on a data folder, or null. A stale file (its process is gone, or is another program) counts as none. */
export function runningPostmaster(folder: string): Postmaster | null {
  let lines: string[];
  try {
    lines = readFileSync(join(folder, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return null;
  }
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!Number.isInteger(pid) || pid <= 0 || !isPostgres(pid)) return null;
  return { pid, port, ready: lines[7]?.trim() === "ready" };
}

function isPostgres(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    const state = status.slice(status.lastIndexOf(")") + 2, status.lastIndexOf(")") + 3);
    return status.includes("(postgres)") && state !== "Z"; // a killed one lingers until its parent looks
  } catch {
    return process.platform !== "linux"; // without /proc the process id is all there is
  }
}
