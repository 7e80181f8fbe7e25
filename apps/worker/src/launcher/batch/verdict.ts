import type { AttemptEnd } from "@uniarm/core/schema";
import type { JobFate, JobMeaning } from "@uniarm/pipeline/schema";
import type { AttemptOutcome } from "../../attempt-outcome.ts";
import type { EndRecord } from "./spool.ts";

/** What is known of a job that was submitted. */
export interface Facts<A> {
  /** as the system calls it */
  id: string;
  asked: A;
  record: EndRecord | null;
  hasBegun: boolean;
  /** what the queue says; null: nothing */
  meaning: JobMeaning | null;
  /** why it was asked to end, as the queue has said at some time */
  told?: JobFate | null;
  /** how often in a row the queue has said that */
  looks: number;
  /** the queue knows others of its array */
  hasSiblings: boolean;
  /** it has begun, and gives no sign of life any more */
  isSilent: boolean;
  /** this worker asked it to end */
  isToldToEnd: boolean;
  /** nothing of it is there that could be told to end */
  isOutOfReach?: boolean;
  /** the system has acknowledged it */
  isSure: boolean;
  /** it was submitted before, and forgotten there */
  wasForgotten: boolean;
  /** the end of what the system printed of it */
  printed: string;
}

export type Verdict =
  | { do: "wait" }
  /** once more */
  | { do: "submit" }
  /** without a fate: as its own record says */
  | { do: "end"; fate?: AttemptOutcome; cancel?: true };

/** Where systems differ. */
export interface Judge<A> {
  /** Slurm */
  title: string;
  /** Where the queue does not say it, but what was printed does. */
  outOfMemory: (facts: Facts<A>) => AttemptOutcome | null;
  /** Why a job ended that left no record. */
  whyEnded: (meaning: JobFate, facts: Facts<A>) => string;
  /** What becomes of one that has not begun, and is not in the queue. */
  forgottenBefore: (facts: Facts<A>) => Verdict;
}

/** So often a look has to show the same: what others write on a network disk is seen a moment later. */
const SURE_LOOKS = 2;
/** So long what the system says of an end is waited for, where the job's own word is not all. */
const END_LOOKS = 4;

const WAIT: Verdict = { do: "wait" };
export const ended = (end: AttemptEnd, reason: string): Verdict => ({ do: "end", fate: { end, reason } });

/** What is to be done about a job. Its own record counts first; the queue says what it could not know, or not write any more. */
export function verdictOf<A extends { time?: string | undefined }>(facts: Facts<A>, judge: Judge<A>): Verdict {
  const { record, hasBegun, meaning, told, looks, isToldToEnd } = facts;
  if (record) return byRecord(facts, record, judge);
  if (isToldToEnd && facts.isOutOfReach && !hasBegun) return { do: "end" };
  if (meaning?.type === "running" || meaning?.type === "waiting") return WAIT;
  if (isToldToEnd && (meaning !== null || !hasBegun)) return { do: "end" };
  if (looks < SURE_LOOKS) return WAIT;
  if (told && (meaning === null || meaning.end === "LOST")) return ended(told.end, told.sentence);
  if (meaning === null) return hasBegun ? forgottenAtWork(facts, judge) : judge.forgottenBefore(facts);
  if (meaning.type === "hopeless")
    return { do: "end", fate: { end: meaning.end, reason: meaning.sentence }, cancel: true };
  return ended(meaning.end, judge.whyEnded(meaning, facts));
}

function byRecord<A extends { time?: string | undefined }>(
  facts: Facts<A>,
  record: EndRecord,
  { title, outOfMemory }: Judge<A>,
): Verdict {
  const { id, asked, meaning, looks, isToldToEnd } = facts;
  const { last, told, exit, hasAdvanced } = record;
  if (last?.end === "SUCCEEDED" || last?.end === "FAILED" || isToldToEnd) return { do: "end" };
  if (told === "limit" && last?.end === "STOPPED") {
    if (hasAdvanced)
      return ended("DRAINED", `the time limit of ${title} job ${id} came near: it saved, and goes on in another`);
    const limit = asked.time === undefined ? "" : ` of ${asked.time}`;
    return ended(
      "LOST",
      `the time limit${limit} of ${title} job ${id} came near before it had saved anything new: raise time in the site file`,
    );
  }
  if (told !== "term" && exit.signal === null) return { do: "end" };
  if (facts.told) return ended(facts.told.end, facts.told.sentence);
  if (meaning?.type !== "ended" && meaning !== null && looks < END_LOOKS) return WAIT; // the system is about to say why
  const memory = outOfMemory(facts);
  if (memory) return ended(memory.end, memory.reason);
  if (meaning?.type === "ended" && (meaning.end !== "LOST" || /memory|time limit|node/.test(meaning.sentence)))
    return ended(meaning.end, meaning.sentence);
  return told === "term" ? ended("DRAINED", `${title} job ${id} was told to stop`) : { do: "end" };
}

const forgottenAtWork = <A>({ id, isSilent }: Facts<A>, { title }: Judge<A>): Verdict =>
  isSilent ? ended("LOST", `${title} no longer knows job ${id}, and it is silent`) : WAIT;
