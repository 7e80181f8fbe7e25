import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

export interface Kept {
  /** Of the process that runs now. */
  pid: () => number | undefined;
  /** Asks it to end and waits. */
  stop: () => Promise<void>;
}

export interface KeptProgram {
  name: string;
  program: string;
  environment: () => Record<string, string>;
  /** a line on its standard output */
  onLine?: (line: string) => void;
  /** it ended by itself: a signal's name, or its exit code */
  onEnd?: (how: string) => void;
  log: (line: string) => void;
}

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 10_000;
const STEADY_MS = 30_000;
/** A run may use its grace period to save, and its worker needs a while to send what was saved. */
const STOP_MS = 60_000;

/** Runs a program of ours, and again whenever it ends by itself. It ends with this process, whose end closes its standard input. */
export function keepRunning({ name, program, environment, onLine, onEnd, log }: KeptProgram): Kept {
  let child: ChildProcess | null = null;
  const stopping = new AbortController();
  const once = (): Promise<{ code: number | null; signal: string | null }> =>
    new Promise((done) => {
      child = spawn(process.execPath, [program], {
        env: { ...process.env, ...environment(), UNIARM_PARENT: "1" },
        detached: true, // Ctrl-C is ours to pass on, in order
        stdio: ["pipe", "pipe", "inherit"],
      });
      child.stdin!.on("error", () => undefined);
      createInterface({ input: child.stdout! }).on("line", (line) => onLine?.(line));
      child.on("error", () => done({ code: -1, signal: null }));
      child.on("exit", (code, signal) => done({ code, signal }));
    });

  const loop = (async () => {
    let wait = FIRST_WAIT_MS;
    while (!stopping.signal.aborted) {
      const startedAt = Date.now();
      const { code, signal } = await once();
      if (stopping.signal.aborted) return;
      if (Date.now() - startedAt > STEADY_MS) wait = FIRST_WAIT_MS;
      const how = signal ?? `exit code ${code}`;
      onEnd?.(how);
      log(`${name} ended (${how}); starting it again`);
      await sleep(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
      wait = Math.min(LONGEST_WAIT_MS, wait * 2);
    }
  })();

  return {
    pid: () => child?.pid,
    stop: async () => {
      stopping.abort();
      child?.kill("SIGTERM");
      const late = setTimeout(() => child?.kill("SIGKILL"), STOP_MS);
      await loop;
      clearTimeout(late);
    },
  };
}
