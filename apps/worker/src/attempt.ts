import { rm } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, persistently } from "@uniarm/client";
import { UniArmError } from "@uniarm/core/schema";
import type { JobReport } from "@uniarm/pipeline/schema";
import type { Assignment } from "./assignment.ts";
import { outcomeOf, outcomeOfError, type AttemptOutcome, type StopReason } from "./attempt-end.ts";
import { deliver } from "./delivery.ts";
import { fitReport } from "./fit-report.ts";
import type { JobExit, JobHandle } from "./launcher/launcher.ts";
import { openOutbox, type Outbox } from "./outbox.ts";
import { converse, type Conversation } from "./playground.ts";
import { markJob } from "./place/leftovers.ts";
import { prepareFolder } from "./prepare-folder.ts";
import { tellCuts } from "./tell-cuts.ts";
import type { WorkerContext } from "./worker-context.ts";

export interface RunningAttempt {
  assignment: Assignment;
  /** Asks it to stop with a checkpoint. */
  stop: (why: StopReason) => void;
  /** Drops it: another worker has the run, or nobody should. */
  abandon: () => void;
  finished: Promise<void>;
}

const ABANDONED = new UniArmError("attempt-stale", "The attempt is no longer alive.");

/** Runs one attempt: fetches its files, starts its process, passes on what it reports and how it ends. Never rejects: what goes wrong is the attempt's end. */
export function runAttempt(context: WorkerContext, assignment: Assignment): RunningAttempt {
  const { client, launcher, graceMs } = context;
  const { attemptId } = assignment;
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const log = context.log.child({ run: assignment.runId, attempt: assignment.number });
  let stopping: StopReason | null = null;
  let handle: JobHandle | null = null;

  const folder = join(context.folder, "attempts", attemptId);
  const work = async (): Promise<void> => {
    await prepareFolder(assignment, { client, folder, cache: context.cache, signal });
    const outbox = await openOutbox(folder);
    handle = launcher.submit({ attemptId, folder, environment: { UNIARM_ORIGIN: context.origin } });
    if (stopping) handle.cancel(graceMs);
    const { pid, externalId } = handle;
    if (pid !== null) await markJob(folder, pid);
    log.info({ pid, kind: assignment.kind }, "started");
    void client.api.work.started.mutate({ attemptId, pid, externalId }).catch(() => undefined);
    await end(await observe(context, assignment, { handle, outbox, signal, stopping: () => stopping }));
  };

  const fail = async (error: unknown): Promise<void> => {
    handle?.kill();
    await handle?.exited;
    if (codeOf(error) === "attempt-stale" || signal.aborted) {
      log.info("no longer alive: dropped");
      return;
    }
    log.warn({ err: error }, "ended by an error of the worker");
    const { runId } = assignment;
    const outcome = outcomeOfError(error, { runId, folder: context.folder, host: context.host });
    await end({ ...outcome, exit: null, lastSequence: null }).catch(() => undefined);
  };

  /** What it held may be what there is no room for. */
  const clear = (): Promise<void> => rm(folder, { recursive: true, force: true }).catch(() => undefined);

  /** A run that ended badly on a machine that is not well is not to blame: it waits for another one, or until this one is. */
  const end = async (how: End): Promise<void> => {
    let said = how;
    if (how.end === "FAILED" || how.end === "LOST") {
      await clear();
      const problem = await context.health.check();
      if (problem !== "") said = { ...how, end: "DRAINED", reason: `${problem} It had ended: ${how.reason}` };
    }
    await sayEnd(context, assignment, said, signal);
  };

  const finished = (async () => {
    await work().catch(fail);
    await clear();
  })();

  return {
    assignment,
    stop: (why) => {
      stopping ??= why;
      if (handle) handle.cancel(graceMs);
      else if (why === "drain") giveUp.abort(ABANDONED); // nothing has begun: the server hears of it when the worker says goodbye
    },
    abandon: () => {
      giveUp.abort(ABANDONED);
      handle?.kill();
    },
    finished,
  };
}

interface Observation {
  handle: JobHandle;
  outbox: Outbox;
  signal: AbortSignal;
  stopping: () => StopReason | null;
}

/** Passes on what the job says until it is over. @returns how it ended */
async function observe(context: WorkerContext, assignment: Assignment, observation: Observation): Promise<End> {
  const { handle, outbox, signal, stopping } = observation;
  const { client, health, host, log } = context;
  const { attemptId } = assignment;
  let isOver = false;
  let last: Extract<JobReport, { type: "ended" }> | null = null;
  const sending = deliver({ client, attemptId, outbox, signal }, () => isOver);
  sending.catch(() => handle.kill()); // refused: nobody wants what it does
  handle.onOutput((stream, text) => {
    for (let start = 0; start < text.length; start += 60_000)
      void outbox.add({ type: "log", stream, text: text.slice(start, start + 60_000) }).catch(() => handle.kill()); // told by `sending`
  });
  let conversation: Conversation | null = null;
  const cutting = tellCuts((message) => outbox.add({ type: "notice", code: "report-cut", message }));
  for await (const line of handle.reports) {
    const { report, cuts } = fitReport(line);
    await cutting.add(cuts);
    if (report?.type === "ended") last = report;
    else if (report?.type === "ready") conversation = converse({ api: client.api, log }, attemptId, handle, signal);
    else if (report?.type === "chunk") conversation?.tell(report.chunk);
    else if (report) await outbox.add(report);
  }
  const exit = await handle.exited;
  await conversation?.end();
  await cutting.end();
  isOver = true;
  await sending;
  if (exit.failure !== undefined) health.doubt("start");
  if (last?.code?.startsWith("engine-")) health.doubt("engine");
  const { code, signal: killedBy } = exit;
  const outcome = outcomeOf(last, exit, stopping(), host);
  return { ...outcome, exit: { code, signal: killedBy }, lastSequence: outbox.lastSequence() };
}

interface End extends AttemptOutcome {
  exit: JobExit | null;
  /** of the last event; null: what was not sent is lost with the attempt, and done again */
  lastSequence: number | null;
}

async function sayEnd(
  { client, log }: WorkerContext,
  { attemptId }: Assignment,
  { end, reason, exit, lastSequence }: End,
  signal: AbortSignal,
): Promise<void> {
  const said = { attemptId, end, reason: reason.slice(0, 10_000), exit, lastSequence };
  await persistently(() => client.api.work.end.mutate(said), signal);
  log.info({ attemptId, end, reason }, "ended");
}
