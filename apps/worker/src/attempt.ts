import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UniArmError, type AttemptEnd } from "@uniarm/core/schema";
import { JobReport } from "@uniarm/pipeline/schema";
import type { Logger } from "pino";
import { downloadFiles } from "./blobs.ts";
import { persistently, refusalOf, type Api, type Server } from "./client.ts";
import { deliver } from "./delivery.ts";
import type { JobExit, JobHandle, Launcher } from "./launcher/launcher.ts";
import { openOutbox, type Outbox } from "./outbox.ts";
import { converse, type Conversation } from "./playground.ts";

export type Assignment = NonNullable<Awaited<ReturnType<Api["work"]["claim"]["mutate"]>>>;

export interface Place {
  server: Server;
  api: Api;
  launcher: Launcher;
  /** holds a folder an attempt, and the cache of files */
  folder: string;
  graceMs: number;
  log: Logger;
  /** where relative paths of configs start */
  origin: string;
}

export interface RunningAttempt {
  assignment: Assignment;
  /** Stops it with a checkpoint: the run was cancelled, or the worker has to go. */
  stop: (why: "cancel" | "drain") => void;
  /** Somebody else works on the run, or nobody should. */
  abandon: () => void;
  finished: Promise<void>;
}

const ABANDONED = new UniArmError("attempt-stale", "The attempt is no longer alive.");

/** Runs one attempt: its files in, its process, what it reports, its end. Never rejects: what goes wrong is the attempt's end. */
export function runAttempt(place: Place, assignment: Assignment): RunningAttempt {
  const giveUp = new AbortController();
  const log = place.log.child({ run: assignment.runId, attempt: assignment.number });
  let stopping: "cancel" | "drain" | null = null;
  let handle: JobHandle | null = null;
  const finished = (async () => {
    const folder = join(place.folder, "attempts", assignment.attemptId);
    try {
      await prepare(place, assignment, folder, giveUp.signal);
      const outbox = await openOutbox(folder);
      handle = place.launcher.submit({
        attemptId: assignment.attemptId,
        folder,
        environment: { UNIARM_ORIGIN: place.origin },
      });
      if (stopping) handle.cancel(place.graceMs);
      const { pid, externalId } = handle;
      log.info({ pid, kind: assignment.kind }, "started");
      void place.api.work.started.mutate({ attemptId: assignment.attemptId, pid, externalId }).catch(() => undefined);
      await observe(place, assignment, { handle, outbox, signal: giveUp.signal, stopping: () => stopping });
    } catch (error) {
      handle?.kill();
      await handle?.exited;
      const stale = refusalOf(error) === "attempt-stale" || giveUp.signal.aborted;
      log[stale ? "info" : "warn"](
        { err: stale ? undefined : error },
        stale ? "no longer alive: dropped" : "ended by an error of the worker",
      );
      // what this project says is wrong will be wrong again; anything else may go well next time
      const isKnown = error instanceof UniArmError;
      const end = isKnown ? "FAILED" : "LOST";
      const advice =
        isKnown && error.code.startsWith("blob-")
          ? ` Start over without it: uniarm runs retry ${assignment.runId}`
          : "";
      const reason = `${(error as Error).message}${advice}`;
      // what was not sent is lost with the attempt, and done again
      if (!stale)
        await sayEnd(place, assignment, { end, reason, exit: null, lastSequence: null }, giveUp.signal).catch(
          () => undefined,
        );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  })();
  return {
    assignment,
    stop: (why) => {
      stopping ??= why;
      if (handle) handle.cancel(place.graceMs);
      else if (why === "drain") giveUp.abort(ABANDONED); // nothing has begun: the server hears of it at the worker's end
    },
    abandon: () => {
      giveUp.abort(ABANDONED);
      handle?.kill();
    },
    finished,
  };
}

/** The folder that the job finds: job.json, inputs, and what the last attempt left. */
async function prepare(
  { server, folder: root }: Place,
  assignment: Assignment,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const cache = join(root, "cache");
  const fetchAll = async (files: Parameters<typeof downloadFiles>[1], to: string): Promise<void> =>
    persistently(() => downloadFiles(server, files, to, cache), signal);
  for (const [input, producers] of Object.entries(assignment.inputs))
    for (const [position, files] of producers.entries())
      await fetchAll(files, join(folder, "inputs", input, String(position)));
  for (const [name, files] of Object.entries(assignment.datasets))
    await fetchAll(files, join(folder, "datasets", name));
  for (const [id, files] of Object.entries(assignment.checkpoints))
    await fetchAll(files, join(folder, "checkpoints", id));
  if (assignment.resume) await fetchAll(assignment.resume.files, folder);
  const { kind, config, resume, inputs, datasets, checkpoints } = assignment;
  const job = {
    kind,
    config,
    step: resume?.step ?? null,
    inputs: filesOf(inputs),
    datasets: Object.keys(datasets),
    checkpoints: Object.fromEntries(Object.entries(checkpoints).map(([id, files]) => [id, pathsOf(files)])),
  };
  await writeFile(join(folder, "job.json"), JSON.stringify(job, null, 2));
}

/** input -> for each producer the paths below its folder */
const filesOf = (inputs: Assignment["inputs"]): Record<string, string[][]> =>
  Object.fromEntries(Object.entries(inputs).map(([input, producers]) => [input, producers.map(pathsOf)]));

const pathsOf = (files: readonly { path: string }[]): string[] => files.map(({ path }) => path);

interface Watched {
  handle: JobHandle;
  outbox: Outbox;
  signal: AbortSignal;
  stopping: () => "cancel" | "drain" | null;
}

/** Passes on what the job says until it is over, then says how it ended. */
async function observe(
  place: Place,
  assignment: Assignment,
  { handle, outbox, signal, stopping }: Watched,
): Promise<void> {
  let over = false;
  let last: Extract<JobReport, { type: "ended" }> | null = null;
  const sending = deliver({ ...place, attemptId: assignment.attemptId, outbox, signal }, () => over);
  sending.catch(() => handle.kill()); // refused: nobody wants what it does
  handle.onOutput((stream, text) => {
    for (let start = 0; start < text.length; start += 60_000)
      void outbox.add({ type: "log", stream, text: text.slice(start, start + 60_000) });
  });
  let conversation: Conversation | null = null;
  for await (const line of handle.reports) {
    const report = readReport(line);
    if (report?.type === "ended") last = report;
    else if (report?.type === "ready") conversation = converse(place, assignment.attemptId, handle, signal);
    else if (report?.type === "chunk") conversation?.tell(report.chunk);
    else if (report) await outbox.add(report);
  }
  const exit = await handle.exited;
  await conversation?.end();
  over = true;
  await sending;
  await sayEnd(
    place,
    assignment,
    { ...endOf(last, exit, stopping()), exit, lastSequence: outbox.lastSequence() },
    signal,
  );
}

function readReport(line: string): JobReport | null {
  try {
    const parsed = JobReport.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // cut short by the job's end
  }
}

function endOf(
  last: Extract<JobReport, { type: "ended" }> | null,
  exit: JobExit,
  stopping: "cancel" | "drain" | null,
): { end: AttemptEnd; reason: string } {
  if (last?.end === "SUCCEEDED") return { end: "SUCCEEDED", reason: "" };
  if (last?.end === "FAILED") return { end: "FAILED", reason: last.reason };
  if (stopping === "cancel")
    return { end: "CANCELLED", reason: last ? "cancelled" : "cancelled; it did not stop in time and was killed" };
  if (stopping === "drain") return { end: "DRAINED", reason: "its worker was stopped" };
  if (last) return { end: "DRAINED", reason: last.reason };
  return {
    end: "LOST",
    reason: exit.signal ? `its process was killed (${exit.signal})` : `its process ended with exit code ${exit.code}`,
  };
}

async function sayEnd(
  { api, log }: Place,
  { attemptId }: Assignment,
  how: { end: AttemptEnd; reason: string; exit: JobExit | null; lastSequence: number | null },
  signal: AbortSignal,
): Promise<void> {
  await persistently(() => api.work.end.mutate({ attemptId, ...how, reason: how.reason.slice(0, 10_000) }), signal);
  log.info({ attemptId, end: how.end, reason: how.reason }, "ended");
}
