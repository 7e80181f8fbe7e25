import { createRequire } from "node:module";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ask, openClient } from "@uniarm/client";
import { UniArmError } from "@uniarm/core/schema";
import { pino } from "pino";
import { z } from "zod";
import { emptyInbox } from "./inbox.ts";
import { diskProblem } from "./health/disk-problem.ts";
import { watchHealth } from "./health/health.ts";
import { readLabels } from "./labels.ts";
import { localProcess } from "./launcher/local-process.ts";
import { takePlace, type Place } from "./place/place.ts";
import { withKeyOf } from "./with-key-of.ts";
import { work, type WorkEnd, type WorkerSettings } from "./worker.ts";

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
  /** 1: runs may score with programs that their configs name; jobs read it */
  UNIARM_WORKER_PROGRAMS: z.enum(["0", "1"]).default("0"),
  /** endpoints that runs may ask to judge: URL or URL=VARIABLE, with blanks between; jobs read it */
  UNIARM_WORKER_JUDGES: z.string().default(""),
  /** where programs that ran without a server leave what is to be recorded */
  UNIARM_INBOX: z.string().min(1).optional(),
  UNIARM_LOG: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

const ORPHAN_MS = 5000;
const SICK_MS = 2000;

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
  const base = data.UNIARM_WORKER_FOLDER;
  const settings = {
    client: openClient({
      url: data.UNIARM_SERVER,
      ...(data.UNIARM_KEY_FILE === undefined ? { key: data.UNIARM_KEY } : { fetch: withKeyOf(data.UNIARM_KEY_FILE) }),
    }),
    launcher: localProcess,
    cache: join(base, "cache"),
    log,
    origin: process.cwd(),
    name: data.UNIARM_WORKER_NAME,
    host: hostname(),
    version,
    ...readLabels(data.UNIARM_WORKER_LABELS),
    slots: data.UNIARM_WORKER_SLOTS,
    graceMs: data.UNIARM_WORKER_GRACE_SECONDS * 1000,
    heartbeatMs: 2000,
  };
  const occupied = new Set<string>();
  while (!stop.signal.aborted) {
    const place = await placeInTime(base, data.UNIARM_SERVER, { occupied, log, signal: stop.signal });
    if (!place) return;
    const end = await liveIn(place, { settings, inbox: data.UNIARM_INBOX, signal: stop.signal });
    if (end === "taken") {
      place.giveBack();
      occupied.add(place.folder);
    } else place.release();
  }
}

interface Search {
  occupied: ReadonlySet<string>;
  log: WorkerSettings["log"];
  signal: AbortSignal;
}

/** A place, as soon as the disk lets one be taken; null: it was stopped before. @throws UniArmError folder-unwritable */
async function placeInTime(base: string, server: string, { occupied, log, signal }: Search): Promise<Place | null> {
  for (let told = ""; !signal.aborted;) {
    try {
      return takePlace(base, server, occupied);
    } catch (cause) {
      const problem = diskProblem(cause, base, hostname());
      if (problem === null)
        throw new UniArmError(
          "folder-unwritable",
          `The folder ${base} cannot be written (${(cause as Error).message}). Choose another with --data.`,
          { cause },
        );
      if (problem !== told) log.warn(`${problem} The worker begins when that is over.`);
      told = problem;
      await sleep(SICK_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return null;
}

interface Life {
  settings: Omit<WorkerSettings, "id" | "folder" | "place" | "health">;
  inbox: string | undefined;
  signal: AbortSignal;
}

/** Works in a place until it is stopped, or the server wants nothing more of it there. */
async function liveIn(place: Place, { settings, inbox, signal }: Life): Promise<WorkEnd> {
  const over = new AbortController();
  const health = watchHealth({ folder: place.folder, host: settings.host, place });
  const all: WorkerSettings = { ...settings, id: place.workerId, folder: place.folder, place, health };
  const recording = inbox === undefined ? null : emptyInbox(all, inbox, AbortSignal.any([signal, over.signal]));
  try {
    return await ask(settings.client, () => work(all, signal));
  } finally {
    over.abort();
    await recording;
  }
}

try {
  await main();
  process.exit(0);
} catch (error) {
  const known = error instanceof UniArmError;
  process.stderr.write(`${known ? error.message : String((error as Error).stack)}\n`);
  process.exit(known ? 2 : 1);
}
