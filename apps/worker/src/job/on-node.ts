import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { diskProblem } from "../health/disk-problem.ts";
import { gather } from "../gather.ts";
import { spawnJob } from "../launcher/job-process.ts";
import type { JobExit } from "../launcher/launcher.ts";
import { JOB } from "../launcher/local-process.ts";
import {
  BEGUN,
  begunFile,
  END,
  endedFile,
  makeFirst,
  Manifest,
  MANIFEST,
  writeWhole,
  type Begun,
  type EndRecord,
} from "../launcher/batch/spool.ts";
import { openOutbox } from "../outbox.ts";
import { JobFile } from "./job-file.ts";

/*
 * What a batch script or a pod runs on a compute node: one attempt's job, whose reports it writes into the outbox of the attempt's
 * folder. It speaks to no server and has no key: the worker that submitted it delivers what lies there.
 */

/** Shows that it lives, where the system has forgotten it, and looks whether anybody still wants it. */
const PULSE_MS = 5000;
const LINGER_LOOK_MS = 250;

/** Slurm's script gives the number of the task; Kubernetes has it in the environment of a pod. */
const [batch = "", taskText = process.env.JOB_COMPLETION_INDEX ?? ""] = process.argv.slice(2);
const task = Number(taskText);
const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);

try {
  process.exit(await main());
} catch (error) {
  say((error as Error).message);
  process.exit(1);
}

/** @returns the exit code, as the system will show it */
async function main(): Promise<number> {
  const manifest = Manifest.parse(JSON.parse(readFileSync(join(batch, MANIFEST), "utf8")));
  const folder = manifest.folders[task];
  if (folder === undefined || !existsSync(join(folder, "job.json"))) {
    say(`Nobody waits for task ${task} of ${basename(batch)} any more: it is not begun.`);
    return 0;
  }
  const begun = join(folder, BEGUN);
  const self: Begun = { number: process.env.SLURM_JOB_ID ?? process.env.JOB_COMPLETION_INDEX ?? "", host: hostname() };
  if (!(await makeFirst(begun, self))) {
    say(`Task ${task} of ${basename(batch)} was begun before, by another copy of this job: it is not begun again.`);
    return 0;
  }
  await makeFirst(join(batch, begunFile(task)), {});
  const record = await carryOut(folder, begun, manifest);
  if (!existsSync(folder)) return 1; // nobody waits for it any more
  await writeWhole(join(folder, END), record);
  await makeFirst(join(batch, endedFile(task)), {});
  if (record.told === "term") await linger(folder, manifest.lingerMs);
  return exitCodeOf(record);
}

/** Stays for a while, or until its end was heard of. */
async function linger(folder: string, ms: number): Promise<void> {
  for (const until = Date.now() + ms; Date.now() < until && existsSync(folder);) await sleep(LINGER_LOOK_MS);
}

async function carryOut(folder: string, begun: string, manifest: Manifest): Promise<EndRecord> {
  const { graceMs, saveSeconds, limitSeconds } = manifest;
  const { step } = JobFile.parse(JSON.parse(readFileSync(join(folder, "job.json"), "utf8")));
  const outbox = await openOutbox(folder);
  const { UNIARM_SCRATCH: scratches } = process.env;
  const scratch = scratches === undefined ? null : mkdtempSync(join(scratches, "uniarm-"));
  const job = spawnJob(JOB, { folder, environment: scratch === null ? {} : { TMPDIR: scratch } });
  let told: EndRecord["told"] = null;
  const stop = (why: "limit" | "term", withinMs: number): void => {
    told ??= why;
    job.cancel(withinMs);
  };
  process.on("SIGUSR2", () => stop("limit", saveSeconds * 1000)); // at the limit itself Slurm ends both
  process.on("SIGTERM", () => stop("term", graceMs));
  const saveAt = limitSeconds === null ? Infinity : performance.now() + (limitSeconds - saveSeconds) * 1000;
  const pulse = setInterval(() => {
    if (told === null && performance.now() >= saveAt) stop("limit", saveSeconds * 1000);
    try {
      utimesSync(begun, new Date(), new Date());
      if (existsSync(join(folder, "job.json"))) return;
    } catch {
      // its batch is gone
    }
    job.kill();
  }, PULSE_MS);
  const host = hostname();
  try {
    const { last, exit, lastSequence, savedStep } = await gather(job, outbox, () => ({
      tell: () => undefined,
      end: () => Promise.resolve(),
    }));
    return { last, exit, lastSequence, host, told, hasAdvanced: (savedStep ?? -1) > (step ?? -1) };
  } catch (error) {
    const reason = diskProblem(error, folder, host) ?? (error as Error).message;
    const exit: JobExit = { code: null, signal: "SIGKILL" };
    return {
      last: { type: "ended", end: "LOST", reason },
      exit,
      lastSequence: null,
      host,
      told,
      hasAdvanced: false,
    };
  } finally {
    clearInterval(pulse);
    if (scratch !== null) rmSync(scratch, { recursive: true, force: true });
  }
}

function exitCodeOf({ exit: { code, signal } }: EndRecord): number {
  return code ?? (signal === "SIGKILL" ? 137 : 143);
}
