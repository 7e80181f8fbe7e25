import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { hostname } from "node:os";
import { join } from "node:path";
import { ask, openClient } from "@uniarm/client";
import { UniArmError } from "@uniarm/core/schema";
import { pino } from "pino";
import { z } from "zod";
import { emptyInbox } from "./inbox.ts";
import { readLabels } from "./labels.ts";
import { localProcess } from "./launcher/local-process.ts";
import { withKeyOf } from "./with-key-of.ts";
import { work, type WorkerSettings } from "./worker.ts";

const Environment = z.object({
  UNIARM_SERVER: z.url({ protocol: /^https?$/ }),
  UNIARM_KEY: z.string().min(1).optional(),
  /** of the server that started this worker, which may put another key into it */
  UNIARM_KEY_FILE: z.string().min(1).optional(),
  UNIARM_WORKER_FOLDER: z.string().min(1),
  UNIARM_WORKER_NAME: z.string().min(1).max(100).default(hostname()),
  /** gpu=2: at most two runs at once that ask for gpu */
  UNIARM_WORKER_LABELS: z.string().default(""),
  UNIARM_WORKER_SLOTS: z.coerce.number().int().min(1).max(1024).default(1),
  UNIARM_WORKER_GRACE_SECONDS: z.coerce.number().min(0).max(86_400).default(30),
  /** where programs that ran without a server leave what is to be recorded */
  UNIARM_INBOX: z.string().min(1).optional(),
  UNIARM_LOG: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

const ORPHAN_MS = 5000;

/** Works for a server, as the environment says, until SIGTERM or the end of its parent. */
async function main(): Promise<void> {
  const parsed = Environment.safeParse(process.env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new UniArmError(
      "settings-invalid",
      `The worker's settings do not fit: ${problems.join("; ")}. See: uniarm worker --help`,
    );
  }
  const { data } = parsed;
  const folder = data.UNIARM_WORKER_FOLDER;
  mkdirSync(folder, { recursive: true });
  const log = pino({ level: data.UNIARM_LOG }, pino.destination({ fd: 2, sync: true }));
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());
  if (process.env.UNIARM_PARENT === "1") {
    // its parent was killed, and the server with it: there is nothing left to wait for
    const orphaned = (): void => {
      stop.abort();
      setTimeout(() => process.exit(1), ORPHAN_MS).unref();
    };
    process.stdin.on("end", orphaned).on("error", orphaned).resume();
  }
  const { version } = createRequire(import.meta.url)("../package.json") as { version: string };
  const settings: WorkerSettings = {
    client: openClient({
      url: data.UNIARM_SERVER,
      ...(data.UNIARM_KEY_FILE === undefined ? { key: data.UNIARM_KEY } : { fetch: withKeyOf(data.UNIARM_KEY_FILE) }),
    }),
    launcher: localProcess,
    folder,
    log,
    origin: process.cwd(),
    id: idOf(folder),
    name: data.UNIARM_WORKER_NAME,
    host: hostname(),
    version,
    ...readLabels(data.UNIARM_WORKER_LABELS),
    slots: data.UNIARM_WORKER_SLOTS,
    graceMs: data.UNIARM_WORKER_GRACE_SECONDS * 1000,
    heartbeatMs: 2000,
  };
  const recording = data.UNIARM_INBOX === undefined ? null : emptyInbox(settings, data.UNIARM_INBOX, stop.signal);
  await ask(settings.client, () => work(settings, stop.signal));
  await recording;
}

/** A worker keeps its id over restarts: what it left behind is known to be its own. */
function idOf(folder: string): string {
  const path = join(folder, "worker-id");
  if (!existsSync(path)) writeFileSync(path, randomBytes(8).toString("hex"));
  return readFileSync(path, "utf8").trim();
}

try {
  await main();
  process.exit(0);
} catch (error) {
  const known = error instanceof UniArmError;
  process.stderr.write(`${known ? error.message : String((error as Error).stack)}\n`);
  process.exit(known ? 2 : 1);
}
