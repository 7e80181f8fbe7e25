import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Platform } from "./platform.ts";
import { MAIN } from "./uniarm.ts";

/** Byte for byte as one process computes it. */
export const ONE_THREAD = Object.fromEntries(
  ["OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"].map((name) => [name, "1"]),
);

/** Notes each job process that starts, by its attempt's folder: what really ran, whoever asked for it. */
export interface Executions {
  environment: Record<string, string>;
  attempts: () => string[];
}

export function watchExecutions(folder: string): Executions {
  const [preload, list] = [join(folder, "note-executions.mjs"), join(folder, "executions.txt")];
  writeFileSync(list, "");
  writeFileSync(
    preload,
    `import { appendFileSync } from "node:fs";
     import { basename } from "node:path";
     if (process.argv[1]?.includes("/job/main.")) appendFileSync(${JSON.stringify(list)}, basename(process.cwd()) + "\\n");`,
  );
  return {
    environment: { NODE_OPTIONS: `--import=${preload}` },
    attempts: () => readFileSync(list, "utf8").split("\n").filter(Boolean),
  };
}

export interface StartedWorker {
  process: ChildProcess;
  said: () => string;
  ended: Promise<number | null>;
  stop: () => Promise<number | null>;
}

/** `uniarm worker --data FOLDER`, as a user starts it. */
export function startWorker(
  platform: Pick<Platform, "url" | "folder">,
  folder: string,
  {
    flags = [],
    environment = {},
    within = [],
  }: { flags?: readonly string[]; environment?: Record<string, string>; within?: readonly string[] } = {},
): StartedWorker {
  const key = readFileSync(join(platform.folder, "local-key"), "utf8").trim();
  const worker = [process.execPath, MAIN, "worker", "--data", folder, "--server", platform.url, "--key", key];
  const [program, ...args] = [...within, ...worker, "--grace", "5", ...flags];
  const child = spawn(program!, args, {
    env: { ...process.env, UNIARM_LOG: "info", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
  const ended = new Promise<number | null>((done) => child.on("close", (code) => done(code)));
  return {
    process: child,
    said: () => text,
    ended,
    stop: () => {
      child.kill(within.length === 0 ? "SIGTERM" : "SIGKILL"); // unshare keeps SIGTERM to itself
      return ended;
    },
  };
}

/** kill -9 of the worker itself, which the command has started. */
export async function killProgram({ process: command, ended }: StartedWorker): Promise<void> {
  const pid = command.pid!;
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  process.kill(Number(child), "SIGKILL");
  await ended;
}

export interface WorkerView {
  id: string;
  name: string;
  host: string;
  problem: string;
  running: { id: string; name: string }[];
}

export const workersOf = async (platform: Pick<Platform, "insist">): Promise<WorkerView[]> =>
  (await platform.insist<{ workers: WorkerView[] }>("GET", "/api/workers")).workers;
