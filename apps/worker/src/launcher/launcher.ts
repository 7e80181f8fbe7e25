import type { EndedReport, JobKind } from "@uniarm/pipeline/schema";
import type { SlurmOffer } from "@uniarm/slurm/schema";
import type { AttemptOutcome } from "../attempt-outcome.ts";
import type { OutboxReader } from "../outbox.ts";
import type { Conversation } from "../playground.ts";

/** Starts jobs and stops them; the worker knows no more of where they run. */
export interface Launcher {
  name: string;
  /** Starts a job, or finds the one that an earlier worker started in this folder. */
  start: (order: JobOrder) => Promise<Job>;
  /** Why no job can be started at the moment; empty: one can. */
  problem: () => string;
  /** kinds that cannot be its jobs */
  cannotRun: readonly JobKind[];
  /** what its jobs ask for where they run, for who launches; null: nothing that could be told */
  offer: SlurmOffer | null;
  /** how long its jobs go on without a worker, which finds them again; null: they end with it */
  outlivesForSeconds: number | null;
}

export interface JobOrder {
  attemptId: string;
  kind: string;
  project: string;
  labels: readonly string[];
  /** the job works in it; holds job.json, its inputs and what was restored */
  folder: string;
  environment: Record<string, string>;
  /** Opens what passes between clients and a job that keeps a model loaded. */
  converse: (send: (lines: string) => void) => Conversation;
}

export interface Job {
  /** What it reports. */
  outbox: OutboxReader;
  /** Waits until there may be more of that; where it is missing, it is cheap to look. */
  more?: () => Promise<void>;
  /** Hears where it runs, as soon as that is known and whenever it changes. */
  onPlace: (listener: (place: JobPlace) => void) => void;
  /** Asks it to stop with a checkpoint, and kills it when the grace is over. */
  cancel: (graceMs: number) => void;
  kill: () => void;
  over: Promise<JobOver>;
}

export interface JobPlace {
  pid: number | null;
  /** its name in the system that runs it, unless that is the process id */
  externalId: string | null;
  /** why it does not run yet; empty: it runs */
  waits: string;
}

export interface JobExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** why it never began */
  failure?: string;
}

/** How a job ended. */
export interface JobOver {
  /** what it said of its end */
  last: EndedReport | null;
  exit: JobExit;
  /** number of the last event in its outbox; null: what was not sent is lost with the attempt, and done again */
  lastSequence: number | null;
  /** machine that it ran on, where that is not the worker's */
  host?: string;
  /** what the system that ran it says of its end, where that counts more than its exit */
  fate?: AttemptOutcome;
}
