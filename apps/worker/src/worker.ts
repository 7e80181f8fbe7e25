import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, isPassing, persistently } from "@uniarm/client";
import { versionRefusal, WORK_PROTOCOL } from "@uniarm/core/schema";
import type { Assignment } from "./assignment.ts";
import { resumeAttempt, runAttempt, type RunningAttempt } from "./attempt.ts";
import { openLabels, type Labels } from "./labels.ts";
import { clearAbandoned, clearLeftovers } from "./place/leftovers.ts";
import type { Health } from "./health/health.ts";
import type { Launcher } from "./launcher/launcher.ts";
import type { Place } from "./place/place.ts";
import { takenBelow } from "./taken.ts";
import type { WorkerContext } from "./worker-context.ts";

export interface WorkerSettings extends WorkerContext, Labels {
  id: string;
  name: string;
  version: string;
  slots: number;
  heartbeatMs: number;
  health: Health;
  place: Pick<Place, "replaces" | "confirm" | "isHeld">;
}

/**
 * Why it works no more. left: it was stopped, and jobs go on without it that the next worker in its place finds. taken: the
 * server says that another worker lives in its place; ended: the server gave up on it, and another one may be there by now.
 * After both a worker may begin anew, elsewhere.
 */
export type WorkEnd = "stopped" | "left" | "taken" | "ended";

/** Well below a lease: a claim whose answer was lost is repeated in time. */
const CLAIM_WAIT_MS = 4000;

/** How long what a stopped run saved may take to be sent; a server that is away is not waited for. */
const SEND_MS = 10_000;

/** How often one that is given no runs asks whether that has changed. */
const REFUSED_MS = 10_000;
const SICK_MS = 2000;
const CLOCK_MS = 60_000;

type Running = Map<string, RunningAttempt>;

const ENDS: Record<string, WorkEnd> = { "worker-alive": "taken", "worker-ended": "ended" };

/**
 * Takes runs until the signal, then lets those that are running save a checkpoint and gives them back.
 * @throws TRPCClientError when the server refuses the worker itself: wrong key, no right to write, another version
 */
export async function work(settings: WorkerSettings, signal: AbortSignal): Promise<WorkEnd> {
  const { launcher, log } = settings;
  const running: Running = new Map();
  const found = launcher.outlivesForSeconds === null ? [] : await takenBelow(settings.folder);
  const alive = found.map(({ attemptId }) => attemptId);
  try {
    await sayHello(settings, alive, signal);
  } catch (error) {
    if (signal.aborted) return await sayGoodbye(settings); // the server may have heard the hello
    const end = ENDS[codeOf(error) ?? ""];
    if (end) return end;
    throw error;
  }
  settings.place.confirm();
  await clearLeftovers(settings.folder, alive).catch(() => undefined); // health says what is wrong with the folder
  for (const taken of found) follow(running, resumeAttempt(settings, taken)); // what the server gave up the next heartbeat ends
  log.info({ labels: settings.labels, slots: settings.slots, found: found.length }, "ready for work");

  const over = new AbortController();
  const pulse = beat(settings, running, signal, over.signal);
  const end = await takeRuns(settings, running, signal);
  if (launcher.outlivesForSeconds !== null && running.size > 0) return leave(settings, running, over, end);
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

/** Without a goodbye, which would end what goes on. */
async function leave(
  { launcher, log }: WorkerSettings,
  running: Running,
  over: AbortController,
  end: WorkEnd,
): Promise<WorkEnd> {
  const minutes = launcher.outlivesForSeconds! / 60;
  log.info(
    { running: running.size },
    `jobs go on without this worker: start it again within ${minutes} minutes to follow them`,
  );
  over.abort();
  for (const attempt of running.values()) attempt.leave();
  await Promise.all([...running.values()].map(({ finished }) => finished));
  return end === "stopped" ? "left" : end;
}

async function sayHello(settings: WorkerSettings, alive: readonly string[], signal: AbortSignal): Promise<void> {
  const { client, health, log, id, name, host, version, slots, place } = settings;
  const { name: launcher, cannotRun, offer } = settings.launcher;
  const runs = { launcher, offer, cannotRun: [...cannotRun] };
  const about = { id, name, host, version, protocol: WORK_PROTOCOL, labels: [...settings.labels], slots, ...runs };
  for (;;) {
    const problem = await health.check();
    const hello = { ...about, problem, alive: [...alive], replaces: [...place.replaces] };
    const sentAt = Date.now();
    const server = await persistently(
      () => client.api.work.hello.mutate(hello),
      signal,
      (error) => sayAway(log, error),
    );
    if (server.now !== undefined) health.compareClocks(server.now, (sentAt + Date.now()) / 2);
    const refusal = versionRefusal(
      { version, protocol: WORK_PROTOCOL },
      { version: server.version ?? "before this", protocol: server.protocol ?? 1 },
    );
    if (refusal === null) return;
    log.warn(refusal);
    await sleep(REFUSED_MS, undefined, { signal });
  }
}

/** A server that is away is not waited for. */
async function sayGoodbye({ client, id: workerId }: WorkerSettings): Promise<WorkEnd> {
  await client.api.work.goodbye.mutate({ workerId }, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
  return "stopped";
}

/** Claims runs and starts them, as long as slots are free. */
async function takeRuns(settings: WorkerSettings, running: Running, signal: AbortSignal): Promise<WorkEnd> {
  const { health, log, place } = settings;
  let told = "";
  const start = (assignment: Assignment): void => follow(running, runAttempt(settings, assignment));
  while (!signal.aborted) {
    const free = settings.slots - slotsOf(running);
    if (free <= 0) {
      await Promise.race([
        sleep(60_000, undefined, { signal }).catch(() => undefined),
        ...[...running.values()].map(({ finished }) => finished),
      ]);
      continue;
    }
    const problem = await health.check();
    if (!place.isHeld()) return "ended"; // it begins anew, in a place that it has
    if (problem !== "" && problem !== told) log.warn(`${problem} No runs are taken meanwhile.`);
    else if (problem === "" && told !== "") {
      log.info("well again: runs are taken");
      await clearAbandoned(settings.folder, [...running.keys()]).catch(() => undefined);
    }
    told = problem;
    if (problem !== "") {
      await sleep(SICK_MS, undefined, { signal }).catch(() => undefined);
      continue;
    }
    try {
      const assignment = await claim(settings, running, free, signal);
      health.refused("");
      if (assignment) start(assignment);
    } catch (error) {
      if (signal.aborted) break;
      const end = ENDS[codeOf(error) ?? ""];
      if (end) return end;
      if (codeOf(error) === "worker-version") {
        const { message } = error as Error; // the server was updated meanwhile, and may be again
        health.refused(message);
        log.warn(message);
        await sleep(REFUSED_MS, undefined, { signal }).catch(() => undefined);
        continue;
      }
      if (!isPassing(error)) throw error;
      sayAway(settings.log, error);
      await sleep(1000, undefined, { signal }).catch(() => undefined);
    }
  }
  return "stopped";
}

function follow(running: Running, attempt: RunningAttempt): void {
  const { attemptId } = attempt.taken;
  running.set(attemptId, attempt);
  void attempt.finished.then(() => running.delete(attemptId));
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
      [...running.values()].map(({ taken }) => taken),
    ),
    slotsFree,
    cannotRun: [...launcher.cannotRun],
    known: [...running.keys()],
    waitMs: CLAIM_WAIT_MS,
    ...leaseOf(launcher),
  };
  return client.api.work.claim.mutate(asked, { signal });
}

/** Says that the attempts are alive, and follows the answers: one is to stop, another belongs to somebody else by now. */
async function beat(
  { client, health, id, launcher, log, heartbeatMs, place }: WorkerSettings,
  running: Running,
  draining: AbortSignal,
  over: AbortSignal,
): Promise<void> {
  let clockAt = Date.now();
  while (!over.aborted) {
    try {
      const pulses = await client.api.work.heartbeat.mutate(
        {
          workerId: id,
          attempts: [...running.keys()],
          draining: draining.aborted,
          problem: health.problem(),
          ...leaseOf(launcher),
        },
        { signal: AbortSignal.timeout(heartbeatMs * 3) },
      );
      for (const { attemptId, cancel, stale } of pulses) {
        const attempt = running.get(attemptId);
        if (stale && launcher.outlivesForSeconds !== null && !place.isHeld())
          attempt?.leave(); // to whoever is there now
        else if (stale) attempt?.abandon();
        else if (cancel) attempt?.stop("cancel");
      }
      if (Date.now() - clockAt > CLOCK_MS) {
        clockAt = Date.now();
        const { now } = await client.api.system.version.query({});
        health.compareClocks(now, (clockAt + Date.now()) / 2);
      }
    } catch (error) {
      log.debug({ err: (error as Error).message }, "the heartbeat was not heard");
    }
    await sleep(heartbeatMs, undefined, { signal: over }).catch(() => undefined);
  }
}

const sayAway = (log: WorkerSettings["log"], error: unknown): void =>
  log.warn({ err: (error as Error).message }, "the server does not answer; trying again");

const leaseOf = ({ outlivesForSeconds }: Launcher): { leaseSeconds?: number } =>
  outlivesForSeconds === null ? {} : { leaseSeconds: outlivesForSeconds };

const slotsOf = (running: Running): number => [...running.values()].reduce((sum, { taken }) => sum + taken.slots, 0);
