import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { JobExit, Launcher } from "./launcher.ts";

const JOB = join(import.meta.dirname, `../job/main${import.meta.filename.endsWith(".ts") ? ".ts" : ".js"}`);

/** Runs each job as a child process, which ends with its worker: its standard input closes. */
export const localProcess = processLauncher(JOB);

/** A launcher whose jobs are all the same program; it finds what to do in its working folder. */
export function processLauncher(program: string): Launcher {
  return {
    name: "local-process",
    submit: ({ folder, environment }) => {
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
        externalId: null,
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
    },
  };
}
