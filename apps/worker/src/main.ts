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
import { chooseSystem, type ChosenSystem } from "./launcher/choose-system.ts";
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
  /** where runs become processes: of this worker, or as jobs of a system that its site file describes */
  UNIARM_WORKER_LAUNCHER: z.enum(["local-process", "slurm", "kubernetes"]).default("local-process"),
  UNIARM_WORKER_SITE: z.string().min(1).optional(),
  /** where programs that ran without a server leave what is to be recorded */
  UNIARM_INBOX: z.string().min(1).optional(),
  UNIARM_LOG: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

const HEARTBEAT_MS = 2000;
/** Of a worker that may have hundreds of jobs; a run that is cancelled waits for its system in any case. */
const BATCH_HEARTBEAT_MS = 5000;
/** So long a worker whose jobs go on without it waits for a place that may hold jobs which go on: whether its holder is dead is seen by its silence. */
const PATIENCE_MS = 60_000;
const AGAIN_MS = 3000;
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
  const system = await systemOf(data, log);
  const settings = {
    client: openClient({
      url: data.UNIARM_SERVER,
      ...(data.UNIARM_KEY_FILE === undefined ? { key: data.UNIARM_KEY } : { fetch: withKeyOf(data.UNIARM_KEY_FILE) }),
    }),
    cache: join(base, "cache"),
    log,
    origin: process.cwd(),
    name: data.UNIARM_WORKER_NAME,
    host: hostname(),
    version,
    ...labelsOf(data.UNIARM_WORKER_LABELS, system),
    slots: data.UNIARM_WORKER_SLOTS,
    graceMs: data.UNIARM_WORKER_GRACE_SECONDS * 1000,
    heartbeatMs: system === null ? HEARTBEAT_MS : BATCH_HEARTBEAT_MS,
  };
  const occupied = new Set<string>();
  const patientUntil = system === null ? 0 : Date.now() + PATIENCE_MS;
  while (!stop.signal.aborted) {
    const place = await placeInTime(base, data.UNIARM_SERVER, { occupied, log, signal: stop.signal });
    if (!place) return;
    const end = await liveIn(place, { settings, system, inbox: data.UNIARM_INBOX, signal: stop.signal });
    if (end === "taken") {
      place.giveBack();
      if (Date.now() > patientUntil) occupied.add(place.folder);
      else await sleep(AGAIN_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    } else if (end !== "left") place.release(); // who finds it dead takes over what goes on
  }
}

/** Null: runs are processes of this worker. @throws UniArmError settings-invalid, and as `chooseSystem` does */
async function systemOf(data: z.infer<typeof Environment>, log: WorkerSettings["log"]): Promise<ChosenSystem | null> {
  const { UNIARM_WORKER_LAUNCHER: name, UNIARM_WORKER_SITE: site, UNIARM_WORKER_FOLDER: base } = data;
  if ((name === "local-process") !== (site === undefined))
    throw new UniArmError(
      "settings-invalid",
      `UNIARM_WORKER_SITE is set for the launchers slurm and kubernetes, and for them alone; UNIARM_WORKER_LAUNCHER is ${name}, UNIARM_WORKER_SITE ${site ?? "not set"}. See: uniarm worker --help`,
    );
  return name === "local-process" ? null : chooseSystem(name, { site: site!, base, log });
}

/** A site's labels say what a job asks for; each is offered. */
function labelsOf(text: string, system: ChosenSystem | null): ReturnType<typeof readLabels> {
  const { labels, limits } = readLabels(text);
  return { labels: [...new Set([...labels, ...(system?.labels ?? [])])], limits };
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
  settings: Omit<WorkerSettings, "id" | "folder" | "launcher" | "place" | "health">;
  system: ChosenSystem | null;
  inbox: string | undefined;
  signal: AbortSignal;
}

/** Works in a place until it is stopped, or the server wants nothing more of it there. */
async function liveIn(place: Place, { settings, system, inbox, signal }: Life): Promise<WorkEnd> {
  const over = new AbortController();
  const { folder, workerId: id } = place;
  const { graceMs, host, log } = settings;
  const launcher = system === null ? localProcess : system.launch({ folder, graceMs, log, signal: over.signal });
  const health = watchHealth({ folder, host, place, launcher });
  const all: WorkerSettings = { ...settings, id, folder, launcher, place, health };
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
