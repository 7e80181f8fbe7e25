import { afterAll, beforeAll, expect, test } from "vitest";
import { SleepJob } from "@uniarm/pipeline/schema";
import { getRun, launchRun, listMetricNames, listSeries, metricHistory } from "../src/index.ts";
import { inTransaction, poolOf } from "../src/database.ts";
import { storePoints } from "../src/metrics/store.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../src/testing/index.ts";

const KEY = "loss";
const TAKEN_OVER_AT = 3333;
const STEPS = 9000;

let temporary: TemporaryDatabase;
let runId: string;
beforeAll(async () => {
  temporary = await temporaryDatabase();
  const { db, projectId } = temporary;
  runId = await launchRun(db, { projectId, kind: "sleep", name: "two attempts", config: SleepJob.parse({}) });
  for (const [number, from] of [
    [1, -1],
    [2, TAKEN_OVER_AT],
  ] as const)
    await poolOf(db).query(
      `INSERT INTO "Attempt" (id, "runId", number, state, "resumedFromStep", "workerId", launcher, host, "heartbeatAt", "leaseUntil", "endedAt")
       VALUES ($1, $2, $3, 'LOST', $4, 'w', 'l', 'h', now(), now(), now())`,
      [`${runId}${number}`, runId, number, from],
    );
  await store(1, 0, 5000);
  await store(2, TAKEN_OVER_AT + 1, STEPS - 1);
});
afterAll(async () => temporary.close());

const valueAt = (step: number, attempt: number): number => Math.sin(step / 50) + attempt;

/** A second each, an hour's pause before step 2,000; the second attempt ran a day later. */
const timeOf = (step: number, attempt: number): number =>
  1_700_000_000_000 + step * 1000 + (step >= 2000 ? 3_600_000 : 0) + (attempt === 2 ? 86_400_000 : 0);

async function store(attempt: number, from: number, to: number): Promise<void> {
  const points = Array.from({ length: to - from + 1 }, (_, index) => {
    const step = from + index;
    return {
      key: KEY,
      step,
      value: step % 1000 === 7 ? Number.NaN : valueAt(step, attempt),
      time: timeOf(step, attempt),
    };
  });
  await inTransaction(temporary.db, (client) => storePoints(client, runId, attempt, points));
}

/** What counts between two steps, one by one. */
const counted = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)
    .filter((step) => step % 1000 !== 7)
    .map((step) => ({ step, value: valueAt(step, step <= TAKEN_OVER_AT ? 1 : 2) }));

const history = async (fromStep: number, toStep: number, points: number) =>
  (await metricHistory(temporary.db, { runIds: [runId], keys: [KEY], fromStep, toStep, points }))[0]!;

test.each([
  [0, STEPS - 1, 10],
  [0, STEPS - 1, 100],
  [100, 8000, 15],
  [3300, 3400, 5],
  [3000, 3700, 7],
  [1, 4096, 4],
  [513, 7777, 31],
])("steps %i to %i in at most %i slots are the sums of exactly the points that count", async (from, to, points) => {
  const { step, value, min, max, count } = await history(from, to, points);
  expect(step.length).toBeLessThanOrEqual(points + 1); // the first and the last may be cut
  const all = counted(from, to);
  expect(count.reduce((sum, one) => sum + one, 0)).toBe(all.length);
  let at = 0;
  count.forEach((own, slot) => {
    const values = all.slice(at, at + own).map((one) => one.value);
    at += own;
    expect(value[slot]).toBeCloseTo(values.reduce((sum, one) => sum + one, 0) / own, 9);
    expect([min[slot], max[slot]]).toEqual([Math.min(...values), Math.max(...values)]);
  });
});

test("NaN is told apart with its steps", async () => {
  const { nonFinite } = await history(0, 2500, 10);
  expect(nonFinite).toEqual([7, 1007, 2007].map((step) => ({ step, value: "NaN" })));
});

test.each(["buckets", "lttb"] as const)(
  "%s are placed at when they were measured, pauses and attempts included",
  async (method) => {
    const query = { runIds: [runId], keys: [KEY], points: 40, method };
    const [untimed] = await metricHistory(temporary.db, query);
    expect(untimed!.time).toBeUndefined();
    const [series] = await metricHistory(temporary.db, { ...query, times: true });
    const { time, step } = series!;
    expect(time!.length).toBe(step.length);
    const seconds = time!.map((ms) => (ms! - timeOf(0, 1)) / 1000);
    expect(seconds).toEqual(seconds.toSorted((one, other) => one - other));
    const exactly = new Set(
      Array.from({ length: STEPS }, (_, at) => (timeOf(at, at <= TAKEN_OVER_AT ? 1 : 2) - timeOf(0, 1)) / 1000),
    );
    expect(seconds.filter((one) => !exactly.has(one))).toEqual([]);
    expect(seconds[0]).toBe(0);
    const largest = Math.max(
      ...seconds
        .slice(1)
        .map((one, at) => one - seconds[at]!)
        .filter((gap) => gap < 80_000),
    );
    expect(largest).toBeGreaterThanOrEqual(3600);
    expect(seconds.at(-1)).toBeGreaterThan(86_400 + 3600 + 8000);
  },
);

test("a run that was taken over from another has its metrics, alone and beside it", async () => {
  const { db, projectId } = temporary;
  const taker = await launchRun(db, { projectId, kind: "sleep", name: "the same", config: SleepJob.parse({}) });
  await poolOf(db).query(`UPDATE "Run" SET "cachedFromId" = $2 WHERE id = $1`, [taker, runId]);
  const query = { keys: [KEY], points: 40 };
  const [own] = await metricHistory(db, { ...query, runIds: [runId] });
  expect(await metricHistory(db, { ...query, runIds: [taker] })).toEqual([{ ...own, runId: taker }]);
  const both = await metricHistory(db, { ...query, runIds: [taker, runId] });
  expect(new Map(both.map(({ runId: id, ...series }) => [id, series.count]))).toEqual(
    new Map([runId, taker].map((id) => [id, own!.count])),
  );
  const listed = await listSeries(db, { runIds: [taker, runId], prefix: "", limit: 10 });
  expect(listed.map(({ runId: id, key }) => [id, key])).toEqual([runId, taker].toSorted().map((id) => [id, KEY]));
  const points = 5001 + STEPS - 1 - TAKEN_OVER_AT; // of both attempts
  expect((await listMetricNames(db, [taker, runId], 10)).names).toEqual([{ key: KEY, runs: 2, points }]);
  expect((await getRun(db, taker)).series.map(({ key }) => key)).toEqual([KEY]);
});
