import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, isPassing, persistently } from "@uniarm/client";
import { WORK_PROTOCOL } from "@uniarm/core/schema";
import type { Assignment } from "./assignment.ts";
import { runAttempt, type RunningAttempt } from "./attempt.ts";
import { openLabels, type Labels } from "./labels.ts";
import { clearLeftovers } from "./place/leftovers.ts";
import type { Place } from "./place/place.ts";
import type { WorkerContext } from "./worker-context.ts";

export interface WorkerSettings extends WorkerContext, Labels {
  id: string;
  name: string;
  host: string;
  version: string;
  slots: number;
  heartbeatMs: number;
  place: Pick<Place, "replaces" | "confirm">;
}

/**
 * Why it works no more. taken: the server says that another worker lives in its place; ended: the server gave up on it, and
 * another one may be there by now. After both a worker may begin anew, elsewhere.
 */
export type WorkEnd = "stopped" | "taken" | "ended";

/** Well below a lease: a claim whose answer was lost is repeated in time. */
const CLAIM_WAIT_MS = 4000;

/** How long what a stopped run saved may take to be sent; a server that is away is not waited for. */
const SEND_MS = 10_000;

type Running = Map<string, RunningAttempt>;

const ENDS: Record<string, WorkEnd> = { "worker-alive": "taken", "worker-ended": "ended" };

/**
 * Takes runs until the signal, then lets those that are running save a checkpoint and gives them back.
 * @throws TRPCClientError when the server refuses the worker itself: wrong key, no right to write, another version
 */
export async function work(settings: WorkerSettings, signal: AbortSignal): Promise<WorkEnd> {
  const { log } = settings;
  const running: Running = new Map();
  try {
    await sayHello(settings, signal);
  } catch (error) {
    if (signal.aborted) return await sayGoodbye(settings); // the server may have heard the hello
    const end = ENDS[codeOf(error) ?? ""];
    if (end) return end;
    throw error;
  }
  settings.place.confirm();
  await clearLeftovers(settings.folder);
  log.info({ labels: settings.labels, slots: settings.slots }, "ready for work");

  const over = new AbortController();
  const pulse = beat(settings, running, signal, over.signal);
  const end = await takeRuns(settings, running, signal);
  log.info({ running: running.size }, "draining");
  for (const attempt of running.values()) attempt.stop("drain");
  const late = setTimeout(() => running.forEach((attempt) => attempt.abandon()), settings.graceMs + SEND_MS);
  await Promise.all([...running.values()].map(({ finished }) => finished));
  clearTimeout(late);
  over.abort();
  await pulse;
  await sayGoodbye(settings); // a claim that was cut off may have been granted
  return end;
}

async function sayHello(settings: WorkerSettings, signal: AbortSignal): Promise<void> {
  const { client, log, id, name, host, version, slots, place } = settings;
  const about = { id, name, host, version, protocol: WORK_PROTOCOL, labels: [...settings.labels], slots };
  await persistently(
    () => client.api.work.hello.mutate({ ...about, alive: [], replaces: [...place.replaces] }),
    signal,
    (error) => sayAway(log, error),
  );
}

/** A server that is away is not waited for. */
async function sayGoodbye({ client, id: workerId }: WorkerSettings): Promise<WorkEnd> {
  await client.api.work.goodbye.mutate({ workerId }, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
  return "stopped";
}

/** Claims runs and starts them, as long as slots are free. */
async function takeRuns(settings: WorkerSettings, running: Running, signal: AbortSignal): Promise<WorkEnd> {
  let freed = new AbortController();
  const start = (assignment: Assignment): void => {
    const attempt = runAttempt(settings, assignment);
    running.set(assignment.attemptId, attempt);
    void attempt.finished.then(() => {
      running.delete(assignment.attemptId);
      freed.abort();
    });
  };
  while (!signal.aborted) {
    const free = settings.slots - slotsOf(running);
    if (free <= 0) {
      await sleep(60_000, undefined, { signal: AbortSignal.any([signal, freed.signal]) }).catch(() => undefined);
      freed = new AbortController();
      continue;
    }
    try {
      const assignment = await claim(settings, running, free, signal);
      if (assignment) start(assignment);
    } catch (error) {
      if (signal.aborted) break;
      const end = ENDS[codeOf(error) ?? ""];
      if (end) return end;
      if (!isPassing(error)) throw error;
      sayAway(settings.log, error);
      await sleep(1000, undefined, { signal }).catch(() => undefined);
    }
  }
  return "stopped";
}

async function claim(
  settings: WorkerSettings,
  running: Running,
  slotsFree: number,
  signal: AbortSignal,
): Promise<Assignment | null> {
  const { client, id: workerId, host, launcher } = settings;
  const asked = {
    workerId,
    host,
    launcher: launcher.name,
    labels: openLabels(
      settings,
      [...running.values()].map(({ assignment }) => assignment),
    ),
    slotsFree,
    known: [...running.keys()],
    waitMs: CLAIM_WAIT_MS,
  };
  return client.api.work.claim.mutate(asked, { signal });
}

/** Says that the attempts are alive, and follows the answers: one is to stop, another belongs to somebody else by now. */
async function beat(
  { client, id, log, heartbeatMs }: WorkerSettings,
  running: Running,
  draining: AbortSignal,
  over: AbortSignal,
): Promise<void> {
  while (!over.aborted) {
    try {
      const pulses = await client.api.work.heartbeat.mutate(
        { workerId: id, attempts: [...running.keys()], draining: draining.aborted },
        { signal: AbortSignal.timeout(heartbeatMs * 3) },
      );
      for (const { attemptId, cancel, stale } of pulses) {
        const attempt = running.get(attemptId);
        if (stale) attempt?.abandon();
        else if (cancel) attempt?.stop("cancel");
      }
    } catch (error) {
      log.debug({ err: (error as Error).message }, "the heartbeat was not heard");
    }
    await sleep(heartbeatMs, undefined, { signal: over }).catch(() => undefined);
  }
}

const sayAway = (log: WorkerSettings["log"], error: unknown): void =>
  log.warn({ err: (error as Error).message }, "the server does not answer; trying again");

const slotsOf = (running: Running): number =>
  [...running.values()].reduce((sum, { assignment }) => sum + assignment.slots, 0);
