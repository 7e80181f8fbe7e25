import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runAttempt, type Place, type RunningAttempt } from "./attempt.ts";
import { isPassing, persistently } from "./client.ts";

export interface WorkerSettings extends Place {
  id: string;
  name: string;
  host: string;
  version: string;
  labels: readonly string[];
  slots: number;
  /** most runs at once that ask for a label */
  limits: Readonly<Record<string, number>>;
  heartbeatMs: number;
}

/** Well below a lease: a claim whose answer was lost is asked for again in time. */
const CLAIM_WAIT_MS = 4000;

/** What a stopped run saved is sent for so long; a server that is away is not waited for. */
const SEND_MS = 10_000;

/**
 * Takes runs until the signal, then lets those that run save a checkpoint and gives them back.
 * @throws TRPCClientError when the server refuses the worker itself: wrong key, no right to write
 */
export async function work(settings: WorkerSettings, signal: AbortSignal): Promise<void> {
  const { api, log } = settings;
  const running = new Map<string, RunningAttempt>();
  await rm(join(settings.folder, "attempts"), { recursive: true, force: true }); // of a worker that was killed: its attempts are lost
  await hello(settings, [], signal);
  log.info({ labels: settings.labels, slots: settings.slots }, "ready for work");

  const over = new AbortController();
  const pulse = beat(settings, running, signal, over.signal);
  let freed = new AbortController();
  while (!signal.aborted) {
    const free = settings.slots - slotsOf(running);
    if (free <= 0) {
      await sleep(60_000, undefined, { signal: AbortSignal.any([signal, freed.signal]) }).catch(() => undefined);
      freed = new AbortController();
      continue;
    }
    try {
      const { id: workerId, host, launcher } = settings;
      const asked = {
        workerId,
        host,
        launcher: launcher.name,
        labels: openLabels(settings, running),
        slotsFree: free,
        known: [...running.keys()],
        waitMs: CLAIM_WAIT_MS,
      };
      const assignment = await api.work.claim.mutate(asked, { signal });
      if (!assignment) continue;
      const attempt = runAttempt(settings, assignment);
      running.set(assignment.attemptId, attempt);
      void attempt.finished.then(() => {
        running.delete(assignment.attemptId);
        freed.abort();
      });
    } catch (error) {
      if (signal.aborted) break;
      if (!isPassing(error)) throw error;
      log.warn({ err: (error as Error).message }, "the server does not answer; trying again");
      await sleep(1000, undefined, { signal }).catch(() => undefined);
    }
  }
  log.info({ running: running.size }, "draining");
  for (const attempt of running.values()) attempt.stop("drain");
  const late = setTimeout(() => running.forEach((attempt) => attempt.abandon()), settings.graceMs + SEND_MS);
  await Promise.all([...running.values()].map(({ finished }) => finished));
  clearTimeout(late);
  over.abort();
  await pulse;
  // a claim that was cut off may have been granted
  await api.work.goodbye
    .mutate({ workerId: settings.id }, { signal: AbortSignal.timeout(2000) })
    .catch(() => undefined);
}

async function hello(
  { api, id, name, host, version, labels, slots, log }: WorkerSettings,
  alive: string[],
  signal: AbortSignal,
): Promise<void> {
  await persistently(
    () => api.work.hello.mutate({ id, name, host, version, labels: [...labels], slots, alive }),
    signal,
    (error) => log.warn({ err: (error as Error).message }, "the server does not answer; trying again"),
  );
}

/** Says that the attempts are alive, and does what it hears: stop this one, that one is somebody else's. */
async function beat(
  settings: WorkerSettings,
  running: Map<string, RunningAttempt>,
  draining: AbortSignal,
  over: AbortSignal,
): Promise<void> {
  const { api, id, log, heartbeatMs } = settings;
  while (!over.aborted) {
    try {
      const pulses = await api.work.heartbeat.mutate(
        { workerId: id, attempts: [...running.keys()], draining: draining.aborted },
        { signal: AbortSignal.timeout(heartbeatMs * 3) },
      );
      for (const { attemptId, cancel, stale } of pulses) {
        const attempt = running.get(attemptId);
        if (stale) attempt?.abandon();
        else if (cancel) attempt?.stop("cancel");
      }
    } catch (error) {
      log.debug({ err: (error as Error).message }, "heartbeat not heard");
    }
    await sleep(heartbeatMs, undefined, { signal: over }).catch(() => undefined);
  }
}

const slotsOf = (running: Map<string, RunningAttempt>): number =>
  [...running.values()].reduce((sum, { assignment }) => sum + assignment.slots, 0);

/** Labels of which another run may be taken. */
function openLabels({ labels, limits }: WorkerSettings, running: Map<string, RunningAttempt>): string[] {
  const used = (label: string): number =>
    [...running.values()].filter(({ assignment }) => assignment.labels.includes(label)).length;
  return labels.filter((label) => used(label) < (limits[label] ?? Number.POSITIVE_INFINITY));
}
