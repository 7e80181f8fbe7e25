import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const MAIN = join(import.meta.dirname, "../../../src/main.ts");

/** `uniarm serve` in a folder of its own, as a user starts it. */
export interface Platform {
  url: string;
  folder: string;
  adminKey: string | null;
  pids: Record<string, number>;
  /** One call of the REST API. @throws with the server's sentence */
  call: <T = Record<string, unknown>>(method: string, path: string, body?: unknown) => Promise<T>;
  headers: Record<string, string>;
  /** Puts bytes into the blob store. */
  upload: (sha256: string, content: Buffer) => Promise<{ status: number; text: string }>;
  /** `call`, until the server answers. */
  insist: <T = Record<string, unknown>>(method: string, path: string, body?: unknown) => Promise<T>;
  process: ChildProcess;
  errors: () => string;
  stop: () => Promise<number | null>;
  remove: () => Promise<void>;
}

export interface PlatformOptions {
  folder?: string;
  flags?: readonly string[];
  environment?: Record<string, string>;
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "uniarm-platform-"));
  await chmod(folder, 0o755); // the system user postgres works in it
  return folder;
}

export async function startPlatform({ folder, flags = [], environment = {} }: PlatformOptions = {}): Promise<Platform> {
  const place = folder ?? (await temporaryFolder());
  const child = spawn(process.execPath, [MAIN, "serve", "--data", place, "--port", "0", "--json", ...flags], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stdout.on("data", (text: Buffer) => {
    if (text.includes('"error"')) errors += String(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const exited = new Promise<number | null>((done) => child.on("close", (code) => done(code)));
  const lines = createInterface({ input: child.stdout });
  const ready = await new Promise<{ url: string; adminKey: string | null; pids: Record<string, number> }>(
    (done, failed) => {
      lines.on("line", (line) => {
        const said = JSON.parse(line) as {
          type: string;
          url: string;
          adminKey: string | null;
          pids: Record<string, number>;
        };
        if (said.type === "ready") done(said);
      });
      void exited.then((code) => failed(new Error(`serve ended with exit code ${code}: ${errors}`)));
    },
  );
  const key = (await readFile(join(place, "local-key"), "utf8").catch(() => "")).trim();
  const headers = { authorization: `Bearer ${key}` };
  const call: Platform["call"] = async (method, path, body) => {
    const answer = await fetch(`${ready.url}${path}`, {
      method,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    const content = (await answer.json()) as { message?: string };
    if (!answer.ok) throw Object.assign(new Error(content.message), { status: answer.status });
    return content as never;
  };
  return {
    url: ready.url,
    folder: place,
    adminKey: ready.adminKey,
    pids: ready.pids,
    process: child,
    errors: () => errors,
    call,
    headers,
    upload: async (sha256, content) => {
      const answer = await fetch(`${ready.url}/api/blobs/${sha256}`, {
        method: "PUT",
        headers: { ...headers, "content-type": "application/octet-stream" },
        body: new Uint8Array(content),
      });
      return { status: answer.status, text: await answer.text() };
    },
    insist: async (method, path, body) => {
      for (const deadline = Date.now() + 60_000; ;) {
        try {
          return await call(method, path, body);
        } catch (error) {
          const { status } = error as { status?: number };
          if ((status !== undefined && status < 500) || Date.now() > deadline) throw error;
          await sleep(200);
        }
      }
    },
    stop: async () => {
      child.kill("SIGTERM");
      return exited;
    },
    remove: () => rm(place, { recursive: true, force: true }),
  };
}

export interface RunView {
  id: string;
  name: string;
  kind: string;
  state: string;
  reason: string;
  attempts: {
    number: number;
    state: string;
    reason: string;
    pid: number | null;
    host: string;
    startedAt: string;
    endedAt: string | null;
    resumedFromStep: number;
  }[];
  checkpoints: { step: number; createdAt: string }[];
  series: { key: string; count: number; last: number }[];
  children: { id: string; name: string; state: string }[];
}

const ENDED = new Set(["SUCCEEDED", "FAILED", "CANCELLED"]);

/** Waits for a run to satisfy something, by default to end. */
export async function untilRun(
  platform: Pick<Platform, "insist" | "errors">,
  id: string,
  isSo: (run: RunView) => boolean = ({ state }) => ENDED.has(state),
  timeoutMs = 120_000,
): Promise<RunView> {
  for (const deadline = Date.now() + timeoutMs; ;) {
    const run = await platform.insist<RunView>("GET", `/api/runs/${id}`);
    if (isSo(run)) return run;
    if (Date.now() > deadline)
      throw new Error(`run ${run.name} is ${run.state} (${run.reason}) after ${timeoutMs} ms\n${platform.errors()}`);
    await sleep(100);
  }
}
