import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { hasEnded } from "./child.ts";

const LATE_MS = 20_000;

/** A running server, whoever started it. */
export interface Handles {
  /** Resolves when the server is gone, for whatever reason. */
  exited: Promise<void>;
  /** Ends it in order; running transactions are rolled back. */
  stop: () => Promise<void>;
}

export function handlesOf(pid: number, child?: ChildProcess): Handles {
  const exited = child
    ? new Promise<void>((done) => {
        if (hasEnded(child)) done();
        child.on("exit", () => done());
      })
    : untilGone(pid);
  const stop = async (): Promise<void> => {
    signal(pid, "SIGINT"); // "fast": ends sessions, rolls back, checkpoints
    const late = setTimeout(() => signal(pid, "SIGQUIT"), LATE_MS);
    await exited;
    clearTimeout(late);
  };
  return { exited, stop };
}

async function untilGone(pid: number): Promise<void> {
  while (signal(pid, 0)) await sleep(200, undefined, { ref: false });
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
