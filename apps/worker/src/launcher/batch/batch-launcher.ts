import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type UniArmError } from "@uniarm/core/schema";
import type { Logger } from "pino";
import type { Job, JobOrder, JobOver, Launcher } from "../launcher.ts";
import { compareWithQueue, endThere, lookIntoFolders, type Submitted } from "./look.ts";
import { prepareBatch } from "./prepare-batch.ts";
import type { Asked, BatchSystem, Row } from "./system.ts";
import { factsOf, overOf, tell, track, type Tracked } from "./tracked.ts";
import { verdictOf } from "./verdict.ts";

export interface BatchSettings {
  /** of the worker: holds the attempts, and is seen by its jobs under the same path */
  folder: string;
  /** how long a job may take to save when it is told to end */
  graceMs: number;
  log: Logger;
  /** the end of looking: jobs go on */
  signal: AbortSignal;
}

/** How often folders are looked into. */
const LOOK_MS = 1000;
/** How often the system is asked, about all jobs at once. */
const ASK_MS = 5000;
/** Jobs that come within so short a time of each other are submitted together, and none waits longer than the other. */
const QUIET_MS = 1000;
const LONGEST_GATHER_MS = 20_000;

/**
 * Runs jobs in a system with a queue. What they report lies in their folders, where this worker reads it: they need no network. They go on
 * when the worker ends, and the next one in its place finds them by what was written down before it was asked.
 */
export function batchLauncher<R extends Row, A extends Asked>(
  system: BatchSystem<R, A>,
  { folder, graceMs, log, signal }: BatchSettings,
): Launcher {
  const batches = join(folder, "batches");
  const jobs = new Set<Tracked<R, A>>();
  /** to be ended there though nobody waits for them any more */
  const unwanted = new Set<Tracked<R, A>>();
  const gathering = { since: 0, last: 0 };
  let problem = "";
  let askedAt = 0;
  let isSwept = false;

  const submitted = (among: Iterable<Tracked<R, A>>): Submitted<R, A>[] =>
    [...among].filter((job): job is Submitted<R, A> => job.submission !== null);
  const away = (error: unknown): void => {
    const { message } = error as Error;
    if (problem !== message) log.warn(message);
    problem = message;
  };
  const gather = (): void => {
    gathering.last = Date.now();
    gathering.since ||= gathering.last;
  };
  const finish = (job: Tracked<R, A>, fate?: JobOver["fate"]): void => {
    jobs.delete(job);
    job.finish({ ...overOf(job), ...(fate ? { fate } : {}) });
    job.news.ringForever();
  };
  const drop = (job: Tracked<R, A>): void => {
    if (job.submission === null) return;
    job.endBy = 0;
    unwanted.add(job);
  };

  const start = async (order: JobOrder): Promise<Job> => {
    const { job, tracked } = await track(order, system, (one) => {
      drop(one);
      finish(one);
    });
    jobs.add(tracked);
    if (tracked.submission === null) gather();
    return job;
  };

  /** Submits what has gathered, what asks for the same together. */
  const submitGathered = async (): Promise<void> => {
    const gathered = [...jobs].filter(({ submission }) => submission === null);
    const now = Date.now();
    const isTime = now - gathering.last >= QUIET_MS || now - gathering.since >= LONGEST_GATHER_MS;
    if (gathered.length === 0 || (!isTime && gathered.length < system.mostTogether)) return;
    gathering.since = 0;
    for (const alike of Map.groupBy(gathered, ({ asked }) => JSON.stringify(asked)).values())
      for (let first = 0; first < alike.length; first += system.mostTogether)
        await submitTogether(alike.slice(first, first + system.mostTogether));
  };

  const submitTogether = async (together: readonly Tracked<R, A>[]): Promise<void> => {
    const orders = together.map(({ order }) => order);
    const { asked } = together[0]!;
    const batch = await prepareBatch({ orders, asked, system, folder: batches, graceMs, time: Date.now() });
    for (const [task, job] of together.entries()) {
      job.submission = { batch, task, tasks: together.length };
      [job.row, job.meaning, job.told, job.looks, job.isSure] = [null, null, null, 0, false];
    }
    try {
      const number = await system.submit(batch);
      for (const job of together) {
        job.isSure = true;
        job.id = system.idOf(job.submission!, number);
        tell(job, `waits in ${system.title} as job ${job.id}`);
      }
      log.info({ batch: basename(batch), job: number, tasks: together.length }, "submitted");
    } catch (error) {
      const { code, message } = error as UniArmError;
      if (code !== `${system.name}-refused`) return away(error); // perhaps it was heard: the queue will tell
      for (const job of together)
        finish(job, {
          end: "FAILED",
          reason: `${message} It asked for ${textOf(asked)}: change that in the site file`,
        });
    }
  };

  const askSystem = async (): Promise<void> => {
    askedAt = Date.now();
    const asked = submitted([...jobs, ...unwanted]);
    try {
      const rows = await system.queue();
      problem = "";
      await compareWithQueue(asked, rows, system);
      await endThere(asked, system);
    } catch (error) {
      away(error);
    }
    for (const job of unwanted)
      if (job.meaning?.type === "ended" || (!job.meaning && job.looks > 1)) unwanted.delete(job);
  };

  const settle = async (): Promise<void> => {
    for (const job of [...jobs]) {
      if (job.submission === null) {
        if (job.endBy !== null) finish(job); // it never got there
        continue;
      }
      const verdict = verdictOf(await factsOf(job, job.submission, system), system.judge);
      if (verdict.do === "submit") {
        [job.wasForgotten, job.submission] = [job.isSure, null];
        gather();
      } else if (verdict.do === "end") {
        if (verdict.cancel) drop(job);
        finish(job, verdict.fate);
      }
    }
  };

  /** Batches of which nobody is left. */
  const sweep = async (): Promise<void> => {
    const used = new Set(submitted([...jobs, ...unwanted]).map(({ submission }) => submission.batch));
    const names = (await readdir(batches).catch(() => [])).filter((name) => !used.has(join(batches, name)));
    await system.forget(names).catch(away);
    for (const name of names) await rm(join(batches, name), { recursive: true, force: true });
  };

  const turn = async (): Promise<void> => {
    const before = jobs.size;
    await submitGathered();
    await lookIntoFolders(submitted(jobs));
    const isAskedFor = submitted(jobs).length + unwanted.size > 0 || problem !== "";
    if (isAskedFor && Date.now() - askedAt >= ASK_MS) await askSystem();
    await settle();
    if (jobs.size < before || (!isSwept && before > 0)) await sweep();
    isSwept ||= before > 0;
  };

  void (async () => {
    while (!signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await turn().catch((error: unknown) => log.warn({ err: error }, "jobs were not looked at"));
    }
  })();
  return {
    name: system.name,
    start,
    problem: () => problem,
    cannotRun: ["playground"], // it answers at once, which a job that waits in a queue cannot
    offer: system.offer,
    outlivesForSeconds: system.awaySeconds,
  };
}

const textOf = (asked: Asked): string =>
  Object.entries(asked)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ") || "nothing in particular";
