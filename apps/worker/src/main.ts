import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { hostname } from "node:os";
import { join } from "node:path";
import { UniArmError } from "@uniarm/core/schema";
import { TRPCClientError } from "@trpc/client";
import { pino } from "pino";
import { z } from "zod";
import { openClient } from "./client.ts";
import { localProcess } from "./launcher/local-process.ts";
import { emptyInbox } from "./inbox.ts";
import { work, type WorkerSettings } from "./worker.ts";

const Label = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, "a label is lower-case letters, digits, . _ -");
const Environment = z.object({
  UNIARM_SERVER: z.url({ protocol: /^https?$/ }),
  UNIARM_KEY: z.string().min(1).optional(),
  UNIARM_WORKER_FOLDER: z.string().min(1),
  UNIARM_WORKER_NAME: z.string().min(1).max(100).default(hostname()),
  /** gpu=2 : at most two runs at once that ask for gpu */
  UNIARM_WORKER_LABELS: z.string().default(""),
  UNIARM_WORKER_SLOTS: z.coerce.number().int().min(1).max(1024).default(1),
  UNIARM_WORKER_GRACE_SECONDS: z.coerce.number().min(0).max(86_400).default(30),
  /** where programs that ran without a server leave what is to be recorded */
  UNIARM_INBOX: z.string().min(1).optional(),
  UNIARM_LOG: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

const ORPHAN_MS = 5000;

/** Works for a server, as the environment says, until SIGTERM, or until its parent is gone. */
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
  const server = { url: data.UNIARM_SERVER.replace(/\/$/, ""), key: data.UNIARM_KEY };
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());
  if (process.env.UNIARM_PARENT === "1") {
    // whoever started it was killed, and the server with it: nobody is left to wait for
    const orphaned = (): void => {
      stop.abort();
      setTimeout(() => process.exit(1), ORPHAN_MS).unref();
    };
    process.stdin.on("end", orphaned).on("error", orphaned).resume();
  }
  const { labels, limits } = labelsOf(data.UNIARM_WORKER_LABELS);
  const { version } = createRequire(import.meta.url)("../package.json") as { version: string };
  const settings: WorkerSettings = {
    server,
    api: openClient(server),
    launcher: localProcess,
    folder,
    log,
    origin: process.cwd(),
    id: idOf(folder),
    name: data.UNIARM_WORKER_NAME,
    host: hostname(),
    version,
    labels,
    limits,
    slots: data.UNIARM_WORKER_SLOTS,
    graceMs: data.UNIARM_WORKER_GRACE_SECONDS * 1000,
    heartbeatMs: 2000,
  };
  const recording = data.UNIARM_INBOX === undefined ? null : emptyInbox(settings, data.UNIARM_INBOX, stop.signal);
  await work(settings, stop.signal);
  await recording;
}

/** A worker stays the same over restarts: what it left behind is known to be its own. */
function idOf(folder: string): string {
  const path = join(folder, "worker-id");
  if (!existsSync(path)) writeFileSync(path, randomBytes(8).toString("hex"));
  return readFileSync(path, "utf8").trim();
}

function labelsOf(text: string): { labels: string[]; limits: Record<string, number> } {
  const limits: Record<string, number> = {};
  const labels = text
    .split(",")
    .filter(Boolean)
    .map((item) => {
      const [label, most] = item.split("=") as [string, string?];
      const parsed = Label.safeParse(label);
      if (!parsed.success || (most !== undefined && !/^[1-9]\d*$/.test(most)))
        throw new UniArmError(
          "settings-invalid",
          `"${item}" is no label: write gpu, or gpu=2 for at most two runs at once.`,
        );
      if (most !== undefined) limits[label] = Number(most);
      return label;
    });
  return { labels, limits };
}

try {
  await main();
  process.exit(0);
} catch (error) {
  const refused = error instanceof TRPCClientError;
  const known = refused || error instanceof UniArmError;
  process.stderr.write(`${known ? error.message : String((error as Error).stack)}\n`);
  process.exit(known ? 2 : 1);
}
