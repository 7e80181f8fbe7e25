import type { JobOrder, Launcher } from "../launcher.ts";
import type { Begun, Submission } from "./spool.ts";
import type { JobMeaning } from "@uniarm/pipeline/schema";
import type { Judge } from "./verdict.ts";

/** A job as a system's queue lists it. */
export interface Row {
  id: string;
  /** of its batch */
  name: string;
  /** null: it is no array, or all tasks of one */
  task: number | null;
}

/** What a job asks for; what asks for the same is submitted together. */
export interface Asked {
  time?: string | undefined;
}

/** Several jobs that ask for the same, as they are submitted. */
export interface Batch<A extends Asked> {
  /** unlike that of any other: by it jobs are found again */
  name: string;
  /** holds what is submitted, and is the working folder */
  folder: string;
  orders: readonly JobOrder[];
  asked: A;
  environment: Readonly<Record<string, string>>;
}

/** A system in whose queue jobs wait: what differs between Slurm and Kubernetes. */
export interface BatchSystem<R extends Row, A extends Asked> {
  /** its errors have it in their codes: slurm-away, slurm-refused */
  name: string;
  /** as sentences call it */
  title: string;
  /** most jobs that are submitted together */
  mostTogether: number;
  /** so long before its time limit a job is told to save */
  saveSeconds: number;
  /** how long jobs go on without a worker */
  awaySeconds: number;
  /** so long a job stays after it was told to end and has saved: why it was told is seen while it is there */
  lingerMs: number;
  /** what it tells of its site to who launches */
  offer: Launcher["offer"];
  resourcesOf: (order: JobOrder) => A;
  /** when a job has to stop by its own clock; null: the system tells it */
  limitSeconds: (asked: A) => number | null;
  /** Writes what will be submitted. */
  write: (batch: Batch<A>) => Promise<void>;
  /** Gives it to the system. @returns its number there. @throws UniArmError NAME-away, NAME-refused */
  submit: (folder: string) => Promise<string>;
  /** What a job is called; empty: not known. */
  idOf: (submission: Submission, number: string) => string;
  /** the same, of one that an earlier worker submitted */
  idAgain: (submission: Submission, begun: Begun | null) => string;
  /** @throws UniArmError NAME-away */
  queue: () => Promise<R[]>;
  meaningOf: (row: R, asked: A, hasBegun: boolean) => JobMeaning;
  /** Whether it can be told to end; what cannot will not begin once nobody wants it. */
  canBeTold: (row: R) => boolean;
  /** Ends jobs: some at once, others when they have saved. @throws UniArmError NAME-away */
  end: (now: readonly R[], kindly: readonly R[]) => Promise<void>;
  /** Nobody is left of these batches. @throws UniArmError NAME-away */
  forget: (names: readonly string[]) => Promise<void>;
  /** The end of what the system itself printed of a job. */
  printed: (submission: Submission) => Promise<string>;
  judge: Judge<A>;
}
