import { join } from "node:path";
import { followOutbox } from "../../outbox.ts";
import type { Job, JobExit, JobOrder, JobOver, JobPlace } from "../launcher.ts";
import { createBell, type Bell } from "./bell.ts";
import { BEGUN, Begun, readWhole, Submission, SUBMISSION, type EndRecord } from "./spool.ts";
import type { Asked, BatchSystem, Row } from "./system.ts";
import type { JobMeaning } from "@uniarm/pipeline/schema";
import type { Facts } from "./verdict.ts";

/** A job that the system has forgotten counts as dead after so long without a sign of life. */
const SILENT_MS = 30_000;

/** What the worker knows of a job, from its start to its end. */
export interface Tracked<R extends Row, A extends Asked> {
  order: JobOrder;
  asked: A;
  /** null: it waits for others to be submitted with */
  submission: Submission | null;
  /** as the system calls it; empty: not known yet */
  id: string;
  /** the system has acknowledged it */
  isSure: boolean;
  /** it was submitted before, and forgotten there */
  wasForgotten: boolean;

  // by its own word
  hasBegun: boolean;
  record: EndRecord | null;
  /** bytes of its outbox */
  size: number;

  // by the newest looks at the queue
  row: R | null;
  meaning: JobMeaning | null;
  /** why it was asked to end, once that was said */
  told: NonNullable<Facts<A>["told"]> | null;
  /** how often in a row that was said */
  looks: number;
  hasSiblings: boolean;
  /** where it was forgotten: the time that its sign of life shows, and when that was seen first */
  life: { shown: number; seenAt: number } | null;

  /** when it is killed; null: it was not told to end */
  endBy: number | null;
  /** it was asked to end */
  wasAsked: boolean;
  place: JobPlace;
  hear: (place: JobPlace) => void;
  news: Bell;
  finish: (over: JobOver) => void;
}

/** Begins to follow a job, also one that an earlier worker submitted. `kill` is called when nobody wants it any more. */
export async function track<R extends Row, A extends Asked>(
  order: JobOrder,
  system: BatchSystem<R, A>,
  kill: (tracked: Tracked<R, A>) => void,
): Promise<{ tracked: Tracked<R, A>; job: Job }> {
  const { folder } = order;
  const submission = await readWhole(join(folder, SUBMISSION), Submission);
  const begun = await readWhole(join(folder, BEGUN), Begun).catch(() => null);
  const over = Promise.withResolvers<JobOver>();
  const tracked: Tracked<R, A> = {
    order,
    asked: system.resourcesOf(order),
    submission,
    id: submission === null ? "" : system.idAgain(submission, begun),
    isSure: false,
    wasForgotten: false,
    hasBegun: begun !== null,
    record: null,
    size: -1,
    row: null,
    meaning: null,
    told: null,
    looks: 0,
    hasSiblings: false,
    life: null,
    endBy: null,
    wasAsked: false,
    place: { pid: null, externalId: null, waits: "" },
    hear: () => undefined,
    news: createBell(),
    finish: over.resolve,
  };
  const job: Job = {
    outbox: await followOutbox(folder),
    more: tracked.news.wait,
    onPlace: (listener) => {
      tracked.hear = listener;
    },
    cancel: (withinMs) => {
      tracked.endBy ??= Date.now() + withinMs;
    },
    kill: () => kill(tracked),
    over: over.promise,
  };
  return { tracked, job };
}

/** Tells where a job is, when that has changed. */
export function tell<R extends Row, A extends Asked>(tracked: Tracked<R, A>, waits: string): void {
  const externalId = tracked.id === "" ? null : tracked.id;
  if (tracked.place.externalId === externalId && tracked.place.waits === waits) return;
  tracked.place = { pid: null, externalId, waits };
  tracked.hear(tracked.place);
}

/** What is known of one that was submitted. */
export async function factsOf<R extends Row, A extends Asked>(
  tracked: Tracked<R, A>,
  submission: Submission,
  system: BatchSystem<R, A>,
): Promise<Facts<A>> {
  const { record, meaning, row, life, endBy } = tracked;
  const isOver = meaning?.type === "ended" || (record !== null && record.exit.signal !== null);
  return {
    ...tracked,
    isSilent: life !== null && Date.now() - life.seenAt > SILENT_MS,
    isToldToEnd: endBy !== null,
    isOutOfReach: row !== null && !system.canBeTold(row),
    printed: isOver ? await system.printed(submission) : "",
  };
}

/** As its record says; without one, it was killed, or never began. */
export function overOf({ record }: { record: EndRecord | null }): JobOver {
  if (!record) return { last: null, exit: { code: null, signal: "SIGKILL" }, lastSequence: null };
  return { ...record, exit: record.exit as JobExit };
}
