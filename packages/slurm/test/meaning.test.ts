import { describe, expect, test } from "vitest";
import { meaningOf, readQueue, type QueuedJob } from "../src/index.ts";

const ASKED = { time: "10", memory: "2G" };
const job = (state: string, reason = "None"): QueuedJob =>
  readQueue(`13|12|3|${state}|2026-01-31T12:00:00|uniarm-a|${reason}\n`)[0]!;

test("rows of the queue are jobs, tasks of arrays, and what is left of arrays that never began", () => {
  const rows = readQueue(
    "7|7|N/A|RUNNING|t|one|None\n13|12|3|PENDING|t|many|Resources\n12|12|N/A|CANCELLED|t|many|a|b\n\n",
  );
  expect(rows.map(({ id, task, reason }) => [id, task, reason])).toEqual([
    ["7", null, "None"],
    ["12_3", 3, "Resources"],
    ["12", null, "a|b"],
  ]);
});

describe("what a state becomes", () => {
  test.each(["RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "STAGE_OUT"])("%s: it runs", (state) => {
    expect(meaningOf(job(state), ASKED)).toEqual({ type: "running" });
  });

  test.each([
    ["Priority", /^waits in Slurm as job 12_3$/],
    ["JobHeldUser", /is held \(JobHeldUser\); let it go: scontrol release 12_3$/],
    ["PartitionDown", /its partition is closed/],
    ["Nodes required for job are DOWN, DRAINED or reserved", /waits for nodes that are down/],
  ])("PENDING (%s): it waits, with a sentence", (reason, sentence) => {
    const meaning = meaningOf(job("PENDING", reason), ASKED);
    expect(meaning).toMatchObject({ type: "waiting", sentence: expect.stringMatching(sentence) as string });
  });

  test.each([
    ["PartitionConfig", "FAILED"],
    ["BadConstraints", "FAILED"],
    ["QOSMaxCpuPerJobLimit", "FAILED"],
    ["InvalidAccount", "FAILED"],
    ["launch failed requeued held", "LOST"],
  ])("PENDING (%s): it never begins, and ends as %s", (reason, end) => {
    expect(meaningOf(job("PENDING", reason), ASKED)).toMatchObject({ type: "hopeless", end });
  });

  test.each([
    ["CANCELLED", "CANCELLED", "cancelled in Slurm, not here"],
    ["PREEMPTED", "DRAINED", "made room for a more urgent one"],
    ["NODE_FAIL", "LOST", "the node of Slurm job 12_3 failed"],
    ["TIMEOUT", "LOST", "reached its time limit of 10 before it had saved"],
    ["OUT_OF_MEMORY", "LOST", "used more memory than it was given (2G)"],
    ["FAILED", "LOST", "was killed, or could not begin"],
    ["DEADLINE", "FAILED", "missed its deadline"],
  ])("%s without a word of the job: it ends as %s", (state, end, sentence) => {
    expect(meaningOf(job(state), ASKED)).toMatchObject({
      type: "ended",
      end,
      sentence: expect.stringContaining(sentence) as string,
    });
  });
});
