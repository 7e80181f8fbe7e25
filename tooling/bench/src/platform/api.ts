import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { programOf } from "../program-of.ts";

/** The api as `uniarm serve` starts it: a process of its own over a database. */
export interface Api {
  url: string;
  key: string;
  /** of the first start in a folder: may do everything */
  adminKey: string | null;
  /** One call of REST or tRPC. @throws Error with the server's answer */
  call: <T = unknown>(method: "GET" | "POST", path: string, body?: unknown) => Promise<T>;
  /** most resident memory so far; null where the system does not say */
  peakMemoryMb: () => number | null;
  memoryMb: () => number | null;
  kill: () => Promise<void>;
  stop: () => Promise<void>;
}

export interface ApiOptions {
  /** its blobs and key, as in the data folder of `uniarm serve` */
  folder: string;
  databaseUrl: string;
  port?: number;
}

export async function startApi({ folder, databaseUrl, port = 0 }: ApiOptions): Promise<Api> {
  const child = spawn(process.execPath, [programOf("api")], {
    env: {
      ...process.env,
      UNIARM_DATABASE_URL: databaseUrl,
      UNIARM_BLOBS: join(folder, "blobs"),
      UNIARM_LOCAL_KEY: join(folder, "local-key"),
      UNIARM_PORT: String(port),
      UNIARM_PARENT: "1",
      UNIARM_LOG: "warn",
      UNIARM_LEASE_SECONDS: "3600",
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = new Promise<void>((done) => child.on("exit", () => done()));
  const { url, adminKey } = await firstLine(child);
  const key = readFileSync(join(folder, "local-key"), "utf8").trim();
  return {
    url,
    key,
    adminKey,
    call: async (method, path, body) => {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 500)}`);
      return JSON.parse(text) as never;
    },
    peakMemoryMb: () => statusMb(child, "VmHWM"),
    memoryMb: () => statusMb(child, "VmRSS"),
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

function firstLine(child: ChildProcess): Promise<{ url: string; adminKey: string | null }> {
  return new Promise((done, failed) => {
    createInterface({ input: child.stdout! }).once("line", (line) => {
      const said = JSON.parse(line) as {
        ready: boolean;
        url: string;
        adminKey: string | null;
        message: string;
      };
      if (said.ready) done(said);
      else failed(new Error(said.message));
    });
    child.once("exit", (code) => failed(new Error(`The api ended with ${code} before it was ready.`)));
  });
}

function statusMb({ pid }: ChildProcess, field: "VmHWM" | "VmRSS"): number | null {
  try {
    const kb = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kb === undefined ? null : Math.round(Number(kb) / 1024);
  } catch {
    return null;
  }
}
