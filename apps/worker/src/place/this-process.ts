import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** What another process of the same machine can recognise a process by, after it has ended, too. */
export interface ProcessMark {
  pid: number;
  /** when it began, as the kernel counts; ids of processes are used again. Empty where the system does not say */
  started: string;
}

/** Processes that have equal ones see each other's ids: the same boot of one system, the same container. */
export const machineMark = (): string =>
  [hostname(), read("/proc/sys/kernel/random/boot_id"), link("/proc/self/ns/pid")].join(" ");

export const markOf = (pid: number): ProcessMark => ({ pid, started: statOf(pid)?.started ?? "" });

/** Whether the process that was marked is there still; only for marks of this machine. */
export function isAlive({ pid, started }: ProcessMark): boolean {
  const now = statOf(pid);
  if (now) return now.isRunning && (started === "" || now.started === started);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Ends a process with all it started, if it is there still. */
export function killTree(mark: ProcessMark): void {
  if (!isAlive(mark)) return;
  for (const id of [-mark.pid, mark.pid]) {
    try {
      process.kill(id, "SIGKILL");
    } catch {
      // it has ended, or leads no group
    }
  }
}

/** Null where there is no such process, or no /proc. */
function statOf(pid: number): { isRunning: boolean; started: string } | null {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === "") return null;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name before may hold anything
  return { isRunning: !"ZX".includes(fields[0]!), started: fields[19]! }; // fields 3 and 22 of proc(5)
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
