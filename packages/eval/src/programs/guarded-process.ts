import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { programEnvironment } from "./environment.ts";

/**
 * The shell becomes the program. Beside it, in its group, stays one that waits for the end of descriptor 3, which this process
 * holds: it ends the whole group also when this process is killed.
 */
const GUARD =
  "{ read -r _ <&3; kill -9 0; } </dev/null >/dev/null 2>&1 & " +
  'if [ -n "$1" ]; then ulimit -v "$1" || exit 126; fi; shift; exec 3<&-; exec "$@"';

const STDERR_KEPT = 8192;
/** for output that is on its way when a program has ended */
const DRAIN_MS = 1000;

export interface GuardedProcess {
  stdin: Writable;
  stdout: Readable;
  /** Ends it and all that it started. */
  kill: () => void;
  /** How it ended, in words; its group has ended too. */
  ended: Promise<string>;
  /** The end of what it wrote on standard error. */
  lastErrors: () => string;
}

/** Starts a program in a process group of its own, without our environment. */
export function guardedProcess(
  command: readonly string[],
  { folder, addressSpaceMb }: { folder: string; addressSpaceMb: number | undefined },
): GuardedProcess {
  const limit = addressSpaceMb === undefined ? "" : String(addressSpaceMb * 1024);
  const child = spawn("/bin/sh", ["-c", GUARD, "uniarm", limit, ...command], {
    cwd: folder,
    env: programEnvironment(process.env),
    detached: true,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  const guard = child.stdio[3] as Writable;
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-STDERR_KEPT)));
  child.stdin.on("error", () => undefined); // that it has ended is told by `ended`
  guard.on("error", () => undefined);

  const kill = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // nothing is left of it
    }
  };
  const ended = new Promise<string>((done) => {
    child.on("error", ({ message }) => done(`could not be started (${message})`));
    child.on("exit", (code, signal) => {
      kill(); // what it left behind; its guard keeps the number of the group from being another's
      const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
      const late = setTimeout(() => done(how), DRAIN_MS);
      child.on("close", () => {
        clearTimeout(late);
        done(how);
      });
    });
  });
  return { stdin: child.stdin, stdout: child.stdout, kill, ended, lastErrors: () => errors.trim() };
}
