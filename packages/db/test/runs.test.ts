import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planLaunch, SleepJob, STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import {
  cancelRun,
  changesAfter,
  claim,
  endAttempt,
  getRun,
  heartbeat,
  launchStudy,
  launchRun,
  metricHistory,
  readLogs,
  reconcile,
  recordEvents,
  resumeRun,
  type NewRun,
} from "../src/index.ts";
import { registerBlob } from "../src/blobs/register.ts";
import { queueOf } from "../src/runs/queue.ts";
import { numbered, poolOf, someWorker, temporaryDatabase, type TemporaryDatabase } from "../src/testing/index.ts";

let temporary: TemporaryDatabase;
beforeAll(async () => {
  temporary = await temporaryDatabase();
});
afterAll(async () => temporary.close());

const sleeper = (name: string, more: Partial<NewRun> = {}): NewRun => ({
  projectId: temporary.projectId,
  kind: "sleep",
  name,
  config: SleepJob.parse({}),
  ...more,
});
const stateOf = async (id: string): Promise<string> => (await getRun(temporary.db, id)).state;
const BLOB = { path: "count.txt", sha256: "a".repeat(64), size: 3 };

/** Claims a run by the label that only it has. */
async function claimRun(runId: string, label: string) {
  const assignment = await claim(temporary.db, someWorker(label));
  expect(assignment?.runId).toBe(runId);
  return assignment!;
}

describe("a run", () => {
  test.each([
    ["a config that refers to what cannot be read", "train", { model: "datasets:x", pairs: "input:" }],
    ["a kind of another version", "from-the-future", {}],
  ])("with %s is handed out all the same: its job says why, and the queue goes on", async (label, kind, config) => {
    const { db, projectId } = temporary;
    const id = await launchRun(db, { projectId, kind: kind as NewRun["kind"], name: "odd", config, labels: [kind] });
    expect(await claimRun(id, kind), label).toMatchObject({ kind, config, datasets: {}, checkpoints: {} });
  });

  test("goes from the queue to a worker to its end, and every event is told once", async () => {
    const { db } = temporary;
    const id = await launchRun(db, sleeper("plain", { labels: ["plain"] }));
    expect(await stateOf(id)).toBe("QUEUED");
    const { attemptId, resume } = await claimRun(id, "plain");
    expect(resume).toBeNull();
    expect(await claim(db, someWorker("plain"))).toBeNull();
    const events = numbered([
      { type: "metric", step: 1, values: { loss: 2, odd: "NaN" } },
      { type: "metric", step: 2, values: { loss: 1 } },
      { type: "log", stream: "stdout", text: "hello\n" },
    ]);
    expect(await recordEvents(db, attemptId, events)).toBe(3);
    expect(await recordEvents(db, attemptId, events)).toBe(3); // the answer was lost: sent again
    await endAttempt(db, { attemptId, end: "SUCCEEDED", reason: "", exit: { code: 0, signal: null }, lastSequence: 3 });
    await endAttempt(db, { attemptId, end: "SUCCEEDED", reason: "", exit: { code: 0, signal: null }, lastSequence: 3 });
    const run = await getRun(db, id);
    expect(run.state).toBe("SUCCEEDED");
    expect(run.series.map(({ key, count, last }) => [key, Number(count), last])).toEqual([
      ["loss", 2, 1],
      ["odd", 1, Number.NaN],
    ]);
    const [loss] = await metricHistory(db, { runIds: [id], keys: ["loss"] });
    expect(loss).toMatchObject({ exact: true, step: [1, 2], value: [2, 1] });
    const { lines } = await readLogs(db, { runId: id });
    expect(lines.map(({ text }) => text)).toEqual(["hello\n"]);
    const changes = await changesAfter(db, id, 0);
    expect(changes.map(({ sequence }) => sequence)).toEqual(changes.map((_, index) => index + 1));
    expect(changes.flatMap(({ type, data }) => (type === "state" ? [data.state] : []))).toEqual([
      "WAITING",
      "QUEUED",
      "RUNNING",
      "SUCCEEDED",
    ]);
  });

  test("whose hand-over did not arrive is handed to the same worker again", async () => {
    const { db } = temporary;
    const id = await launchRun(db, sleeper("unheard", { labels: ["unheard"] }));
    const asked = someWorker("unheard");
    const first = await claim(db, asked);
    const again = await claim(db, asked);
    expect(again).toEqual(first);
    expect(again?.runId).toBe(id);
    expect(await claim(db, { ...asked, known: [first!.attemptId] })).toBeNull();
  });

  test("has no second live attempt, and a stale one is refused", async () => {
    const { db } = temporary;
    const id = await launchRun(db, sleeper("fenced", { labels: ["fenced"] }));
    const first = await claimRun(id, "fenced");
    await expect(
      poolOf(db).query(
        `INSERT INTO "Attempt" (id, "runId", number, "workerId", host, launcher, "heartbeatAt", "leaseUntil") VALUES ('x', $1, 9, 'w', 'h', 'l', now(), now())`,
        [id],
      ),
    ).rejects.toThrow(/Attempt_one_alive/);
    await poolOf(db).query(`UPDATE "Attempt" SET "leaseUntil" = now() - interval '1 second' WHERE id = $1`, [
      first.attemptId,
    ]);
    expect((await reconcile(db)).lost).toBe(1);
    expect(await heartbeat(db, [first.attemptId], 60)).toEqual([
      { attemptId: first.attemptId, cancel: false, stale: true },
    ]);
    await expect(
      recordEvents(db, first.attemptId, numbered([{ type: "log", stream: "stdout", text: "late" }])),
    ).rejects.toThrow(/ended as LOST/);
    const second = await claimRun(id, "fenced");
    expect(second.number).toBe(2);
  });

  test("continues from its last checkpoint, and points after it are superseded, not doubled", async () => {
    const { db } = temporary;
    await registerBlob(db, BLOB);
    const id = await launchRun(db, sleeper("resumed", { labels: ["resumed"] }));
    const first = await claimRun(id, "resumed");
    const steps = (from: number, to: number, offset: number) =>
      Array.from({ length: to - from + 1 }, (_, index) => ({
        type: "metric" as const,
        step: from + index,
        values: { loss: from + index + offset },
      }));
    await recordEvents(
      db,
      first.attemptId,
      numbered([...steps(1, 5, 0), { type: "checkpoint", step: 5, files: [BLOB] }, ...steps(6, 8, 0.5)]),
    );
    await poolOf(db).query(`UPDATE "Attempt" SET "leaseUntil" = now() - interval '1 second' WHERE id = $1`, [
      first.attemptId,
    ]);
    await reconcile(db);
    const second = await claimRun(id, "resumed");
    expect(second.resume).toMatchObject({ step: 5, files: [BLOB] });
    expect((await getRun(db, id)).series.map(({ count, last }) => [Number(count), last])).toEqual([[5, 5]]);
    await recordEvents(db, second.attemptId, numbered(steps(6, 10, 0)));
    const [loss] = await metricHistory(db, { runIds: [id], keys: ["loss"] });
    expect(loss!.value).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect((await getRun(db, id)).series.map(({ count, max }) => [Number(count), max])).toEqual([[10, 10]]);
  });

  test("that is lost too often fails, and continues when it is resumed", async () => {
    const { db } = temporary;
    const id = await launchRun(db, sleeper("unlucky", { labels: ["unlucky"], maxAttempts: 2 }));
    for (let attempt = 1; attempt <= 2; attempt++) {
      const { attemptId } = await claimRun(id, "unlucky");
      await poolOf(db).query(`UPDATE "Attempt" SET "leaseUntil" = now() - interval '1 second' WHERE id = $1`, [
        attemptId,
      ]);
      await reconcile(db);
    }
    const run = await getRun(db, id);
    expect(run.state).toBe("FAILED");
    expect(run.reason).toContain(`uniarm runs resume ${id}`);
    await resumeRun(db, id);
    expect((await claimRun(id, "unlucky")).number).toBe(3);
  });

  test("that is cancelled while it waits never begins; one that runs is told by its heartbeat", async () => {
    const { db } = temporary;
    const waiting = await launchRun(db, sleeper("waiting", { labels: ["cancelled"] }));
    await cancelRun(db, waiting);
    expect(await stateOf(waiting)).toBe("CANCELLED");
    const running = await launchRun(db, sleeper("running", { labels: ["cancelled"] }));
    const { attemptId } = await claimRun(running, "cancelled");
    await cancelRun(db, running);
    expect(await heartbeat(db, [attemptId], 60)).toEqual([{ attemptId, cancel: true, stale: false }]);
    await endAttempt(db, { attemptId, end: "CANCELLED", reason: "cancelled", exit: null, lastSequence: 0 });
    expect(await stateOf(running)).toBe("CANCELLED");
  });

  test("whose queued job was lost gets another", async () => {
    const { db } = temporary;
    const id = await launchRun(db, sleeper("forgotten", { labels: ["forgotten"] }));
    await poolOf(db).query(`DELETE FROM pgboss.job WHERE data ->> 'runId' = $1`, [id]);
    expect(await claim(db, someWorker("forgotten"))).toBeNull();
    expect((await reconcile(db)).requeued).toBe(1);
    await claimRun(id, "forgotten");
  });
});

describe("a study", () => {
  const { config } = STUDY_TEMPLATES.find(({ name }) => name === "quick")!;
  const plan = planLaunch("study", config);

  /** Works through the queue; says how many runs there were. */
  async function workThrough(label: string): Promise<number> {
    const { db } = temporary;
    let done = 0;
    for (;;) {
      const assignment = await claim(db, someWorker(label));
      if (!assignment) return done;
      const outputs = {
        pairs: "pairs",
        train: "checkpoint",
        decode: "generations",
        score: "scores",
        evaluate: "report",
        compare: "comparison",
      };
      const name = outputs[assignment.kind as keyof typeof outputs];
      await recordEvents(db, assignment.attemptId, numbered([{ type: "artifact", name, files: [BLOB] }]));
      await endAttempt(db, {
        attemptId: assignment.attemptId,
        end: "SUCCEEDED",
        reason: "",
        exit: null,
        lastSequence: 1,
      });
      done += 1;
    }
  }

  test("runs its graph in order, and a second one takes its outputs", async () => {
    const { db, projectId } = temporary;
    await registerBlob(db, BLOB);
    const first = await launchStudy(db, { projectId, name: "one", plan, labels: ["graph"] });
    const { children } = await getRun(db, first);
    expect(children.filter(({ state }) => state === "QUEUED").map(({ name }) => name)).toEqual([
      "pairs",
      "base/decode",
    ]);
    expect(await workThrough("graph")).toBe(children.length);
    expect(await stateOf(first)).toBe("SUCCEEDED");

    const again = await launchStudy(db, { projectId, name: "again", plan, labels: ["graph"] });
    expect(await stateOf(again)).toBe("SUCCEEDED");
    const more = { ...config, methods: [...config.methods, { ...config.methods[0]!, name: "stronger", strength: 8 }] };
    const third = await launchStudy(db, {
      projectId,
      name: "more",
      plan: planLaunch("study", more),
      labels: ["graph"],
    });
    // the method's training is the same but for its name: only what its strength changes, and the comparison, is done
    expect(await workThrough("graph")).toBe(4);
    expect(await stateOf(third)).toBe("SUCCEEDED");
  });

  test("whose child fails ends FAILED, what depends on it is not begun, and resuming does the rest", async () => {
    const { db, projectId } = temporary;
    const id = await launchStudy(db, { projectId, name: "failing", plan, labels: ["failing"], useCache: false });
    for (;;) {
      const assignment = await claim(db, someWorker("failing"));
      if (!assignment) break;
      const fails = assignment.kind === "train";
      if (!fails)
        await recordEvents(db, assignment.attemptId, numbered([{ type: "artifact", name: "pairs", files: [BLOB] }]));
      await endAttempt(db, {
        attemptId: assignment.attemptId,
        end: fails ? "FAILED" : "SUCCEEDED",
        reason: "",
        exit: null,
        lastSequence: fails ? 0 : 1,
      });
    }
    const run = await getRun(db, id);
    expect(run.state).toBe("FAILED");
    expect(run.children.find(({ name }) => name === "uniarm/decode")).toMatchObject({
      state: "CANCELLED",
      reason: "uniarm/train ended FAILED",
    });
    await resumeRun(db, id);
    expect(await stateOf(id)).toBe("RUNNING");
    expect(await workThrough("failing")).toBe(5);
    expect(await stateOf(id)).toBe("SUCCEEDED");
  });
});

test("a playground that a version before queued among other runs is found again, and keeps no worker from its work", async () => {
  const { db, projectId } = temporary;
  const worker = { ...someWorker("older"), cannotRun: [] };
  const launch = (kind: "sleep" | "playground", config: object): Promise<string> =>
    launchRun(db, { projectId, kind, name: kind, config, labels: ["older"], priority: kind === "sleep" ? 0 : 100 });
  const playground = await launch("playground", { model: "tiny-world:quick" });
  await launch("sleep", {});
  // as it was: one queue for both, and none for playgrounds
  const [others, own] = (["sleep", "playground"] as const).map((kind) =>
    queueOf({ kind, labels: ["older"], slots: 1 }),
  );
  await poolOf(db).query(`UPDATE pgboss.job SET name = $1 WHERE data ->> 'runId' = $2`, [others, playground]);
  await poolOf(db).query(`DELETE FROM pgboss.queue WHERE name = $1`, [own]);

  const cluster = { ...someWorker("older"), cannotRun: ["playground"] };
  expect((await claim(db, cluster))?.kind).toBe("sleep"); // the playground's job came first there, and is dropped
  expect(await claim(db, worker)).toBeNull();
  expect(await reconcile(db)).toMatchObject({ requeued: 1 });
  expect(await claim(db, worker)).toMatchObject({ kind: "playground", runId: playground });
});
