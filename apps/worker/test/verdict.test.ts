import type { Resources } from "@uniarm/slurm";
import { describe, expect, test } from "vitest";
import type { EndRecord } from "../src/launcher/batch/spool.ts";
import { verdictOf as verdictBy, type Facts, type Verdict } from "../src/launcher/batch/verdict.ts";
import { slurmJudge } from "../src/launcher/slurm/verdict.ts";

const verdictOf = (known: Facts<Resources>): Verdict => verdictBy(known, slurmJudge);
const facts = (more: Partial<Facts<Resources>>): Facts<Resources> => ({
  id: "12",
  asked: { time: "10", memory: "2G" },
  record: null,
  hasBegun: false,
  meaning: null,
  looks: 2,
  hasSiblings: false,
  isSilent: false,
  isToldToEnd: false,
  isSure: true,
  wasForgotten: false,
  printed: "",
  ...more,
});
const record = (more: Partial<EndRecord>): EndRecord => ({
  last: { type: "ended", end: "STOPPED", reason: "stopped" },
  exit: { code: 0, signal: null },
  lastSequence: 3,
  host: "n1",
  told: null,
  hasAdvanced: true,
  ...more,
});
const says = (end: string, reason: RegExp) => ({
  do: "end",
  fate: { end, reason: expect.stringMatching(reason) as string },
});
const ended = (end: "CANCELLED" | "DRAINED" | "LOST", sentence: string) => ({ type: "ended", end, sentence }) as const;

describe("a job's own record counts", () => {
  test.each(["SUCCEEDED", "FAILED"] as const)("%s: whatever Slurm says", (end) => {
    const last = { type: "ended", end, reason: "" } as const;
    expect(verdictOf(facts({ record: record({ last, told: "limit" }) }))).toEqual({ do: "end" });
  });

  test("near its time limit: what it saved is gone on with, and no attempt is lost", () => {
    expect(verdictOf(facts({ record: record({ told: "limit" }) }))).toMatchObject(
      says("DRAINED", /time limit of Slurm job 12 came near/),
    );
  });

  test("near its time limit without anything new: that is a loss, so that it does not go on for ever", () => {
    const verdict = verdictOf(facts({ record: record({ told: "limit", hasAdvanced: false }) }));
    expect(verdict).toMatchObject(says("LOST", /^the time limit of 10 of Slurm job 12 .*raise time in the site file/));
  });

  test("told to stop: Slurm says why, and is waited for", () => {
    const told = record({ told: "term" });
    expect(verdictOf(facts({ record: told, meaning: { type: "running" } }))).toEqual({ do: "wait" });
    expect(verdictOf(facts({ record: told, meaning: ended("CANCELLED", "by somebody") }))).toMatchObject(
      says("CANCELLED", /by somebody/),
    );
    expect(verdictOf(facts({ record: told, meaning: ended("DRAINED", "made room") }))).toMatchObject(
      says("DRAINED", /made room/),
    );
    expect(verdictOf(facts({ record: told }))).toMatchObject(says("DRAINED", /told to stop/));
  });

  test("killed by the kernel: Slurm's word on memory is told", () => {
    const killed = record({ last: null, exit: { code: null, signal: "SIGKILL" } });
    const printed = "slurmstepd: error: StepId=12.batch exceeded memory limit (286347264 > 209715200), being killed";
    const meaning = ended("LOST", "was killed");
    expect(verdictOf(facts({ record: killed, meaning, printed }))).toMatchObject(
      says("LOST", /more memory than it was given \(2G\)/),
    );
    expect(verdictOf(facts({ record: killed, meaning }))).toEqual({ do: "end" });
  });
});

describe("without a record", () => {
  test("what Slurm says has to be seen twice: the record may be on its way", () => {
    const meaning = ended("LOST", "the node failed");
    expect(verdictOf(facts({ meaning, looks: 1 }))).toEqual({ do: "wait" });
    expect(verdictOf(facts({ meaning }))).toMatchObject(says("LOST", /^the node failed$/));
    expect(verdictOf(facts({ meaning, printed: "module: not found" }))).toMatchObject(
      says("LOST", /Slurm printed: module: not found/),
    );
  });

  test("what never begins is cancelled in Slurm too", () => {
    const meaning = { type: "hopeless", end: "FAILED", sentence: "never" } as const;
    expect(verdictOf(facts({ meaning }))).toEqual({
      do: "end",
      fate: { end: "FAILED", reason: "never" },
      cancel: true,
    });
  });

  test("forgotten before it began: submitted again, once", () => {
    expect(verdictOf(facts({ looks: 1 }))).toEqual({ do: "wait" });
    expect(verdictOf(facts({}))).toEqual({ do: "submit" });
    expect(verdictOf(facts({ wasForgotten: true }))).toMatchObject(says("LOST", /forgot job 12 twice/));
  });

  test("not there after a submission that was not answered: submitted again, however often", () => {
    expect(verdictOf(facts({ isSure: false, wasForgotten: true }))).toEqual({ do: "submit" });
  });

  test("of an array whose others are known: it was cancelled", () => {
    expect(verdictOf(facts({ hasSiblings: true }))).toMatchObject(says("CANCELLED", /cancelled in Slurm/));
  });

  test("forgotten at work: followed as long as it lives", () => {
    expect(verdictOf(facts({ hasBegun: true }))).toEqual({ do: "wait" });
    expect(verdictOf(facts({ hasBegun: true, isSilent: true }))).toMatchObject(says("LOST", /is silent/));
  });

  test("told to end by this worker, and gone: that is its end", () => {
    expect(verdictOf(facts({ isToldToEnd: true, looks: 1 }))).toEqual({ do: "end" });
    expect(verdictOf(facts({ isToldToEnd: true, hasBegun: true, meaning: { type: "running" } }))).toEqual({
      do: "wait",
    });
  });
});
