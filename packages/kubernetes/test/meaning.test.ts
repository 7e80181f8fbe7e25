import { describe, expect, test } from "vitest";
import type { JobAnswer, PodAnswer } from "../src/answers.ts";
import { meaningOf } from "../src/index.ts";
import { isAmong, tasksOf } from "../src/queue.ts";

const at = (seconds: number): Date => new Date(seconds * 1000);
const job = (status: JobAnswer["status"] = {}, suspend = false): JobAnswer => ({
  metadata: { name: "uniarm-a", creationTimestamp: at(0), labels: { "uniarm/batch": "uniarm-a" }, annotations: {} },
  spec: { suspend, completions: 2 },
  status,
});
const pod = (status: PodAnswer["status"], { deleted = false, madeAt = 1 } = {}): PodAnswer => ({
  metadata: {
    name: `uniarm-a-1-${madeAt}`,
    creationTimestamp: at(madeAt),
    deletionTimestamp: deleted ? at(9) : null,
    labels: { "uniarm/batch": "uniarm-a", "batch.kubernetes.io/job-completion-index": "1" },
    annotations: {},
  },
  status,
});
const ended = (reason: string, message?: string) => [
  { state: { terminated: { exitCode: reason === "StartError" ? 128 : 137, reason, message } } },
];
const waiting = (reason: string) => [{ state: { waiting: { reason, message: "of it" } } }];
const disrupted = (reason: string) => [{ type: "DisruptionTarget", status: "True", reason }];

const ASKED = { memory: "2Gi", time: "1h" };
const means = (pods: PodAnswer[], known: JobAnswer | null = job(), hasBegun = false) => {
  const task = tasksOf(known ? [known] : [], pods).find((one) => one.task === 1)!;
  return meaningOf(task, ASKED, hasBegun);
};

describe("a pod that waits", () => {
  test.each([
    [{ phase: "Pending" }, /^waits in Kubernetes as job uniarm-a-1$/],
    [
      {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes" }],
      },
      /waits for a node \(Unschedulable: 0\/3 nodes\)/,
    ],
    [
      { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }] },
      /is held by a scheduling gate/,
    ],
    [{ phase: "Pending", containerStatuses: waiting("ImagePullBackOff") }, /image, which cannot be pulled .*of it/],
  ])("says what for: %j", (status, sentence) => {
    expect(means([pod(status)])).toEqual({ type: "waiting", sentence: expect.stringMatching(sentence) as string });
  });

  test.each(["InvalidImageName", "CreateContainerConfigError", "ErrImageNeverPull"])(
    "for ever is hopeless: %s",
    (reason) => {
      expect(means([pod({ phase: "Pending", containerStatuses: waiting(reason) })])).toMatchObject({
        type: "hopeless",
        end: "FAILED",
        sentence: expect.stringContaining(`can never start (${reason}: of it)`) as string,
      });
    },
  );
});

describe("a pod that runs", () => {
  test("and is deleted was deleted by somebody; what the cluster did has a reason", () => {
    expect(means([pod({ phase: "Running" })])).toEqual({ type: "running" });
    expect(means([pod({ phase: "Running" }, { deleted: true })])).toMatchObject({ told: { end: "CANCELLED" } });
    const preempted = pod({ phase: "Running", conditions: disrupted("PreemptionByScheduler") }, { deleted: true });
    expect(means([preempted])).toMatchObject({
      told: { end: "DRAINED", sentence: "Kubernetes job uniarm-a-1 made room for a more urgent one" },
    });
  });

  test("is told of also when its Job is gone", () => {
    expect(means([pod({ phase: "Running" }, { deleted: true })], null)).toMatchObject({ told: { end: "CANCELLED" } });
  });
});

describe("a pod that has ended", () => {
  test.each([
    [{ containerStatuses: ended("OOMKilled") }, "LOST", /more memory than it was given \(2Gi\)/],
    [{ containerStatuses: ended("Error", "disk quota") }, "LOST", /exit code 137; it said: disk quota$/],
    [{ containerStatuses: ended("StartError", "no such file") }, "FAILED", /could not be started .*no such file/],
    [{ reason: "DeadlineExceeded" }, "LOST", /reached its time limit of 1h/],
    [
      { reason: "Evicted", message: "low on memory", conditions: disrupted("TerminationByKubelet") },
      "LOST",
      /low on memory/,
    ],
    [{ conditions: disrupted("DeletionByTaintManager") }, "LOST", /the node of .* does not answer/],
    [{ conditions: disrupted("EvictionByEvictionAPI") }, "DRAINED", /was moved off its node/],
    [{ reason: "UnexpectedAdmissionError", message: "no GPU" }, "LOST", /refused or lost it .*no GPU/],
  ])("%j is %s", (status, end, sentence) => {
    expect(means([pod({ phase: "Failed", ...status })])).toEqual({
      type: "ended",
      end,
      sentence: expect.stringMatching(sentence) as string,
    });
  });

  test("well, but has left no word, is lost", () => {
    expect(means([pod({ phase: "Succeeded" })])).toMatchObject({
      end: "LOST",
      sentence: expect.stringMatching(/without saying how/) as string,
    });
  });
});

describe("without a pod", () => {
  test("its Job says how it is", () => {
    expect(means([])).toMatchObject({ type: "waiting" });
    expect(means([], job({}, true))).toMatchObject({
      sentence: expect.stringContaining("kubectl patch job uniarm-a") as string,
    });
    expect(means([], job({ failedIndexes: "0-1" }))).toMatchObject({ end: "CANCELLED" });
    expect(means([], job({ failedIndexes: "0-1" }), true)).toMatchObject({ end: "LOST" });
  });

  test("indexes are ranges", () => {
    expect([0, 2, 3, 5, 6].map((task) => isAmong("0,3-5", task))).toEqual([true, false, true, true, false]);
    expect(isAmong("", 0)).toBe(false);
  });
});

test("of two pods of an index the one that is not over counts, then the newest", () => {
  const [old, failed] = [
    pod({ phase: "Running" }),
    pod({ phase: "Failed", containerStatuses: ended("Error") }, { madeAt: 5 }),
  ];
  expect(means([failed, old])).toEqual({ type: "running" });
});
