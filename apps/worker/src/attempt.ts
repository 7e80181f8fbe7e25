import { rm } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, persistently } from "@uniarm/client";
import { UniArmError } from "@uniarm/core/schema";
import type { Assignment } from "./assignment.ts";
import { outcomeOf, outcomeOfError, type StopReason } from "./attempt-end.ts";
import type { AttemptOutcome } from "./attempt-outcome.ts";
import { deliver } from "./delivery.ts";
import type { Job, JobExit } from "./launcher/launcher.ts";
import { placeNews } from "./place-news.ts";
import { converse } from "./playground.ts";
import { prepareFolder } from "./prepare-folder.ts";
import { noteTaken, wasRemoved, type Taken } from "./taken.ts";
import type { WorkerContext } from "./worker-context.ts";

export interface RunningAttempt {
  taken: Taken;
  /** Asks it to stop with a checkpoint. */
  stop: (why: StopReason) => void;
  /** Drops it: another worker has the run, or nobody should. */
  abandon: () => void;
  /** Leaves it to the next worker in this place; only for jobs that outlive theirs. */
  leave: () => void;
  finished: Promise<void>;
}

const ABANDONED = new UniArmError("attempt-stale", "The attempt is no longer alive.");
const LEFT = new UniArmError("attempt-left", "The attempt goes on without this worker.");

/** Runs one attempt: fetches its files, starts its job, passes on what it reports and how it ends. Never rejects: what goes wrong is the attempt's end. */
export const runAttempt = (context: WorkerContext, assignment: Assignment): RunningAttempt =>
  carryOut(context, assignment, async (folder, signal) => {
    await prepareFolder(assignment, { client: context.client, folder, cache: context.cache, signal });
    await noteTaken(folder, assignment);
  });

/** Goes on with an attempt that an earlier worker began in this place. */
export const resumeAttempt = (context: WorkerContext, taken: Taken): RunningAttempt =>
  carryOut(context, taken, () => Promise.resolve());

function carryOut(
  context: WorkerContext,
  taken: Taken,
  prepare: (folder: string, signal: AbortSignal) => Promise<void>,
): RunningAttempt {
  const { client, launcher, graceMs } = context;
  const { attemptId, kind, project, labels } = taken;
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const log = context.log.child({ run: taken.runId, attempt: taken.number });
  let stopping: StopReason | null = null;
  let job: Job | null = null;

  const folder = join(context.folder, "attempts", attemptId);
  const work = async (): Promise<void> => {
    await prepare(folder, signal);
    signal.throwIfAborted();
    const environment = { UNIARM_ORIGIN: context.origin };
    job = await launcher.start({
      attemptId,
      kind,
      project,
      labels,
      folder,
      environment,
      converse: (send) => converse({ api: client.api, log }, attemptId, { send }, signal),
    });
    if (stopping) job.cancel(graceMs);
    const tellPlace = placeNews(client, attemptId, signal);
    job.onPlace((place) => {
      log.info({ ...place, kind }, place.waits === "" ? "started" : "waits");
      tellPlace(place);
    });
    await end(await observe(context, attemptId, { job, signal, stopping: () => stopping }));
  };

  const fail = async (error: unknown): Promise<void> => {
    if (signal.reason === LEFT) return;
    job?.kill();
    await job?.over.catch(() => undefined);
    if (codeOf(error) === "attempt-stale" || signal.aborted) {
      log.info("no longer alive: dropped");
      return;
    }
    log.warn({ err: error }, "ended by an error of the worker");
    const { runId } = taken;
    const outcome = outcomeOfError(error, { runId, folder: context.folder, host: context.host });
    await end({ ...outcome, exit: null, lastSequence: null }).catch(() => undefined);
  };

  /** What it held may be what there is no room for. */
  const clear = (): Promise<void> => rm(folder, { recursive: true, force: true }).catch(() => undefined);

  /** What is to blame for a bad end, where the run is not; empty: the run may be. */
  const blame = async ({ lastSequence }: End): Promise<string> => {
    const isGone = job !== null && (await wasRemoved(folder, lastSequence));
    await clear();
    const problem = await context.health.check();
    return problem === "" && isGone ? `The folder ${folder} on ${context.host} was removed.` : problem;
  };

  /**
   * A run that ended badly on a machine that is not well is not to blame: it waits for another one, or until this one is. What
   * it had to report may be gone with the disk, and is done again.
   */
  const end = async (how: End): Promise<void> => {
    let said = how;
    if (how.end === "FAILED" || how.end === "LOST") {
      const problem = await blame(how);
      if (problem !== "")
        said = { ...how, end: "DRAINED", reason: `${problem} It had ended: ${how.reason}`, lastSequence: null };
    }
    await sayEnd(context, attemptId, said, signal);
  };

  const finished = (async () => {
    await work().catch(fail);
    if (signal.reason !== LEFT) await clear();
  })();

  return {
    taken,
    stop: (why) => {
      stopping ??= why;
      if (job) job.cancel(graceMs);
      else if (why === "drain") giveUp.abort(ABANDONED); // nothing has begun: the server hears of it when the worker says goodbye
    },
    abandon: () => {
      giveUp.abort(ABANDONED);
      job?.kill();
    },
    leave: () => giveUp.abort(LEFT),
    finished,
  };
}

interface Observation {
  job: Job;
  signal: AbortSignal;
  stopping: () => StopReason | null;
}

/** Passes on what the job reports until it is over. @returns how it ended */
async function observe(
  { client, health, host }: WorkerContext,
  attemptId: string,
  { job, signal, stopping }: Observation,
): Promise<End> {
  let isOver = false;
  const over = job.over.finally(() => {
    isOver = true;
  });
  over.catch(() => undefined); // told below
  const { outbox, more } = job;
  const dropped = new Promise<void>((done) => signal.addEventListener("abort", () => done()));
  const waiting = more ? { more: () => Promise.race([more(), dropped]) } : {};
  const sending = deliver({ client, attemptId, outbox, signal, ...waiting }, () => isOver);
  sending.catch(() => signal.reason !== LEFT && job.kill()); // refused: nobody wants what it does
  await Promise.race([over, sending]); // sending ends first where it is refused
  const ended = await over;
  await sending;
  const { last, exit, lastSequence } = ended;
  if (exit.failure !== undefined) health.doubt("start");
  if (last?.code?.startsWith("engine-")) health.doubt("engine");
  const { code, signal: killedBy } = exit;
  return { ...outcomeOf(ended, stopping(), host), exit: { code, signal: killedBy }, lastSequence };
}

interface End extends AttemptOutcome {
  exit: JobExit | null;
  /** of the last event; null: what was not sent is lost with the attempt, and done again */
  lastSequence: number | null;
}

async function sayEnd(
  { client, log }: WorkerContext,
  attemptId: string,
  { end, reason, exit, lastSequence }: End,
  signal: AbortSignal,
): Promise<void> {
  const said = { attemptId, end, reason: reason.slice(0, 10_000), exit, lastSequence };
  await persistently(() => client.api.work.end.mutate(said), signal);
  log.info({ attemptId, end, reason }, "ended");
}
