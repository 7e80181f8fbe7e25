import { planLaunch, SleepJob, STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  advanceSweeps,
  cancelRun,
  claim,
  endAttempt,
  getRun,
  launchRun,
  launchSweep,
  resumeRun,
} from "../src/index.ts";
import { someWorker, temporaryDatabase, type TemporaryDatabase } from "../src/testing/index.ts";

let temporary: TemporaryDatabase;
beforeAll(async () => {
  temporary = await temporaryDatabase();
});
afterAll(async () => temporary.close());

let made = 0;
/** A sweep whose runs wait for workers with a label of its own. */
async function launched(config: object, more: object = {}) {
  const label = `sweep${(made += 1)}`;
  const { db, projectId } = temporary;
  const plan = planLaunch("sweep", config);
  const id = await launchSweep(db, { ...plan, projectId, name: label, labels: [label], ...more });
  const states = async () => (await getRun(db, id)).children.map(({ state }) => state.toLowerCase()).join(" ");
  const take = async () => (await claim(db, { ...someWorker(label), slotsFree: 1 }))!;
  const end = async (attemptId: string, how: "SUCCEEDED" | "FAILED" = "SUCCEEDED"): Promise<void> => {
    await endAttempt(db, {
      attemptId,
      end: how,
      reason: how === "FAILED" ? "no paper" : "",
      exit: null,
      lastSequence: null,
    });
    await advanceSweeps(db);
  };
  return { id, states, take, end, run: () => getRun(db, id) };
}
const grid = (steps: number[], parallel: number) => ({
  kind: "sleep",
  parallel,
  search: { type: "grid", fields: { steps } },
});

test("begins as many runs as may be at work, and the next when one ends, whichever way", async () => {
  const { states, take, end, run } = await launched(grid([1, 2, 3, 4], 2));
  expect(await states()).toBe("queued queued waiting waiting");
  const [first, second] = [await take(), await take()];
  expect(first.config).toMatchObject({ steps: 1 });
  await advanceSweeps(temporary.db);
  expect(await states()).toBe("running running waiting waiting");
  await end(first.attemptId, "FAILED");
  expect(await states()).toBe("failed running queued waiting");
  await end(second.attemptId);
  await end((await take()).attemptId);
  expect((await run()).state).toBe("RUNNING");
  await end((await take()).attemptId);
  expect(await run()).toMatchObject({ kind: "sweep", state: "FAILED", reason: "steps=1 failed: no paper" });
});

test("is resumed with the runs that have not succeeded, and cancelled with all that wait", async () => {
  const { id, states, take, end, run } = await launched(grid([5, 6, 7], 1));
  await end((await take()).attemptId);
  await cancelRun(temporary.db, id);
  expect(await states()).toBe("succeeded cancelled cancelled");
  expect((await run()).state).toBe("CANCELLED");
  await resumeRun(temporary.db, id);
  expect(await states()).toBe("succeeded queued waiting");
  await end((await take()).attemptId);
  await end((await take()).attemptId);
  expect(await states()).toBe("succeeded succeeded succeeded");
  expect((await run()).state).toBe("SUCCEEDED");
  await resumeRun(temporary.db, id, { startOver: true });
  expect(await states()).toBe("queued waiting waiting");
  await cancelRun(temporary.db, id);
});

test("resumes a single run of one that has ended", async () => {
  const { states, take, end, run } = await launched(grid([8, 9], 2));
  await end((await take()).attemptId, "FAILED");
  await end((await take()).attemptId);
  expect((await run()).state).toBe("FAILED");
  await resumeRun(temporary.db, (await run()).children[0]!.id);
  expect(await states()).toBe("queued succeeded");
  await end((await take()).attemptId);
  expect((await run()).state).toBe("SUCCEEDED");
});

test("holds studies, which are made one after the other", async () => {
  const { config } = STUDY_TEMPLATES.find(({ name }) => name === "quick")!;
  const sweep = { kind: "study", base: config, parallel: 1, search: { type: "grid", fields: { seed: [1, 2] } } };
  const { id, states, run } = await launched(sweep, { useCache: false });
  expect(await states()).toBe("running waiting");
  const [first, second] = (await run()).children;
  const inside = async (study: string) => (await getRun(temporary.db, study)).children.map(({ state }) => state);
  expect((await inside(first!.id)).length).toBeGreaterThan(4);
  expect(await inside(second!.id)).toEqual([]);
  await cancelRun(temporary.db, first!.id);
  await advanceSweeps(temporary.db);
  expect(await states()).toBe("cancelled running");
  expect((await inside(second!.id)).filter((state) => state === "QUEUED").length).toBeGreaterThan(0);
  await cancelRun(temporary.db, id);
  expect(await states()).toBe("cancelled cancelled");
  expect((await run()).state).toBe("CANCELLED");
  await resumeRun(temporary.db, id);
  expect(await states()).toBe("running waiting");
  expect((await inside(second!.id)).every((state) => state === "WAITING")).toBe(true);
  await cancelRun(temporary.db, id);
  expect((await run()).state).toBe("CANCELLED");
});

test("is refused where it would read what is not there yet", async () => {
  const { db, projectId } = temporary;
  const producerId = await launchRun(db, {
    projectId,
    kind: "sleep",
    name: "later",
    config: SleepJob.parse({}),
    labels: ["x"],
  });
  const input = { input: "pairs", output: "pairs", producerId };
  await expect(launched(grid([1], 1), { inputs: [input] })).rejects.toThrow(
    /Run later .* is QUEUED: a sweep reads what is there/,
  );
});
