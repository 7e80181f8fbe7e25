import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { JobExit } from "./launcher.ts";

/** A program that runs as a job: it finds what to do in its working folder, and ends when its standard input closes. */
export interface JobProcess {
  pid: number | null;
  /** lines of JSON: what the job reports */
  reports: AsyncIterable<string>;
  /** Writes lines to its standard input; they are dropped when it has ended. */
  send: (lines: string) => void;
  onOutput: (listener: (stream: "stdout" | "stderr", text: string) => void) => void;
  /** Asks it to stop with a checkpoint, and kills it when the grace is over. */
  cancel: (graceMs: number) => void;
  kill: () => void;
  exited: Promise<JobExit>;
}

interface Place {
  folder: string;
  environment: Readonly<Record<string, string>>;
}

/** Starts a program as a child process, which ends with this one. */
export function spawnJob(program: string, { folder, environment }: Place): JobProcess {
  const child = spawn(process.execPath, [program], {
    cwd: folder,
    env: { ...process.env, ...environment },
    detached: true, // Ctrl-C in the terminal reaches the worker alone, which passes it on
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined);
  let killTimer: NodeJS.Timeout | undefined;
  const kill = (signal: NodeJS.Signals): void => {
    try {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      process.kill(signal === "SIGKILL" ? -child.pid : child.pid, signal); // what it started ends with it
    } catch {
      // it has ended meanwhile
    }
  };
  const exited = new Promise<JobExit>((done) => {
    child.on("error", ({ message }) => done({ code: null, signal: null, failure: message }));
    child.on("close", (code, signal) => {
      clearTimeout(killTimer);
      done({ code, signal });
    });
  });
  return {
    pid: child.pid ?? null,
    reports: createInterface({ input: child.stdio[3] as Readable, crlfDelay: Number.POSITIVE_INFINITY }),
    send: (lines) => {
      if (child.stdin.writable) child.stdin.write(`${lines}\n`);
    },
    onOutput: (listener) => {
      for (const stream of ["stdout", "stderr"] as const)
        child[stream].setEncoding("utf8").on("data", (text: string) => listener(stream, text));
    },
    cancel: (graceMs) => {
      kill("SIGTERM");
      killTimer ??= setTimeout(() => kill("SIGKILL"), graceMs);
    },
    kill: () => kill("SIGKILL"),
    exited,
  };
}
