import { createTRPCClient, httpSubscriptionLink, httpLink, splitLink } from "@trpc/client";
import { EventSource } from "eventsource";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SleepJob } from "@uniarm/pipeline/schema";
import { claim, launchRun, recordEvents } from "@uniarm/db";
import { cutListeners, numbered, someWorker } from "@uniarm/db/testing";
import { LIMITS } from "@uniarm/core/schema";
import type { AppRouter } from "../src/index.ts";
import type { LiveNews } from "../src/routers/live.ts";
import { createServer } from "../src/server.ts";
import { serving, type Serving } from "./serving.ts";

let api: Serving;
beforeAll(async () => {
  api = await serving();
});
afterAll(async () => api.close());

function client() {
  const authorization = `Bearer ${api.keys.read}`;
  class WithKey extends EventSource {
    constructor(url: string | URL) {
      super(url, { fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, authorization } }) });
    }
  }
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === "subscription",
        true: httpSubscriptionLink({ url: `${api.url}/trpc`, EventSource: WithKey as never }),
        false: httpLink({ url: `${api.url}/trpc`, headers: { authorization } }),
      }),
    ],
  });
}

async function runningRun(label: string): Promise<{ id: string; attemptId: string }> {
  const id = await launchRun(api.db, {
    projectId: api.projectId,
    kind: "sleep",
    name: label,
    config: SleepJob.parse({}),
    labels: [label],
  });
  const { attemptId } = (await claim(api.db, someWorker(label)))!;
  return { id, attemptId };
}

const until = async (isSo: () => boolean, timeoutMs = 20_000): Promise<void> => {
  for (const deadline = Date.now() + timeoutMs; !isSo(); await sleep(20))
    if (Date.now() > deadline) throw new Error("It did not happen in time.");
};

test("a subscriber hears of every event from the first on, in order, also after a restart of the server", async () => {
  const { id, attemptId } = await runningRun("live");
  const heard: number[] = [];
  const subscription = client().runs.changes.subscribe(
    { id },
    { onData: ({ id: sequence }) => void heard.push(Number(sequence)) },
  );
  await until(() => heard.length >= 4); // WAITING, QUEUED, RUNNING, the attempt
  for (let step = 1; step <= 3; step++)
    await recordEvents(api.db, attemptId, numbered([{ type: "metric", step, values: { loss: step } }], step));
  await until(() => heard.length >= 7);

  const { port } = new URL(api.url);
  await api.server.close(); // cuts all connections
  for (let step = 4; step <= 6; step++)
    await recordEvents(api.db, attemptId, numbered([{ type: "metric", step, values: { loss: step } }], step));
  api.server = await createServer({ services: api.services });
  await api.server.listen({ host: "127.0.0.1", port: Number(port) });
  await until(() => heard.length >= 10);
  await recordEvents(api.db, attemptId, numbered([{ type: "metric", step: 7, values: { loss: 7 } }], 7));
  await until(() => heard.length >= 11);
  expect(heard).toEqual(Array.from({ length: 11 }, (_, index) => index + 1));
  subscription.unsubscribe();
});

test("a listener that loses its connection misses nothing", async () => {
  const { id, attemptId } = await runningRun("listener");
  const heard: number[] = [];
  const subscription = client().runs.changes.subscribe(
    { id },
    { onData: ({ id: sequence }) => void heard.push(Number(sequence)) },
  );
  await until(() => heard.length >= 4);
  await cutListeners(api.db);
  await recordEvents(api.db, attemptId, numbered([{ type: "metric", step: 1, values: { loss: 1 } }]));
  await until(() => heard.length >= 5, 5000);
  subscription.unsubscribe();
});

test("one stream follows several runs and projects, each from its own mark on, and says what is gone", async () => {
  const [one, other] = [await runningRun("one"), await runningRun("other")];
  const heard: LiveNews[] = [];
  const subscription = client().live.follow.subscribe(
    {
      topics: [
        { run: one.id, after: 0 },
        { run: other.id, after: 3 },
        { project: "test", after: null },
        { run: "nothere", after: 0 },
      ],
    },
    { onData: ({ data }) => void heard.push(data) },
  );
  const numbers = (topic: number): number[] =>
    heard.flatMap((news) => (news.topic === topic && news.type === "change" ? [news.change.sequence] : []));
  const changed = (): string[] => heard.flatMap((news) => (news.type === "runs" ? news.ids : []));
  await until(() => numbers(0).length === 4 && numbers(1).length === 1 && heard.some(({ type }) => type === "runs"));
  expect(numbers(0)).toEqual([1, 2, 3, 4]);
  expect(numbers(1)).toEqual([4]);
  expect(heard.find(({ type }) => type === "gone")).toMatchObject({
    topic: 3,
    message: expect.stringContaining("There is no run nothere") as string,
  });
  const { id } = await runningRun("project");
  await until(() => changed().includes(id));

  const { port } = new URL(api.url);
  await api.server.close();
  for (let step = 1; step <= 3; step++)
    for (const { attemptId } of [one, other])
      await recordEvents(api.db, attemptId, numbered([{ type: "metric", step, values: { loss: step } }], step));
  const { id: meanwhile } = await runningRun("meanwhile");
  api.server = await createServer({ services: api.services });
  await api.server.listen({ host: "127.0.0.1", port: Number(port) });
  await until(() => numbers(0).length >= 7 && numbers(1).length >= 4 && changed().includes(meanwhile));
  expect(numbers(0)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(numbers(1)).toEqual([4, 5, 6, 7]);
  subscription.unsubscribe();
});

test("more topics than a stream follows are refused", async () => {
  const topics = Array.from({ length: LIMITS.followed + 1 }, () => ({ project: "test", after: null }));
  const input = encodeURIComponent(JSON.stringify({ topics }));
  expect((await api.ask("read", "GET", `/trpc/live.follow?input=${input}`)).body.text).toContain("too_big");
});

test("downsampled histories keep extremes, NaN and the number of points", async () => {
  const { id, attemptId } = await runningRun("history");
  const points = Array.from({ length: 5000 }, (_, step) => ({
    type: "metric" as const,
    step,
    values: { wave: step === 2500 ? "NaN" : step === 1234 ? 99 : Math.sin(step / 100) },
  }));
  for (let start = 0; start < 5000; start += 500)
    await recordEvents(api.db, attemptId, numbered(points.slice(start, start + 500) as never, start + 1));
  const history = async (query: string) =>
    (await api.ask("read", "GET", `/api/metrics/history?runs=${id}&keys=wave&${query}`)).body.series as {
      step: number[];
      value: number[];
      min: number[];
      max: number[];
      count: number[];
      exact: boolean;
      nonFinite: unknown[];
    }[];
  const [buckets] = await history("points=50");
  expect(buckets!.step.length).toBe(40); // 128 steps each: two of the sums that are kept for every 64
  expect(buckets!.exact).toBe(false);
  expect(Math.max(...buckets!.max)).toBe(99);
  expect(buckets!.count.reduce((sum, count) => sum + count, 0)).toBe(4999);
  expect(buckets!.nonFinite).toEqual([{ step: 2500, value: "NaN" }]);
  // a slow twin: the same buckets from the points themselves
  const means = Array.from({ length: buckets!.step.length }, (_, slot) => {
    const own = points
      .filter(({ step, values }) => Math.floor(step / 128) === slot && typeof values.wave === "number")
      .map(({ values }) => values.wave as number);
    return own.reduce((sum, value) => sum + value, 0) / own.length;
  });
  buckets!.value.forEach((value, slot) => expect(value).toBeCloseTo(means[slot]!, 9));
  const [lttb] = await history("points=50&method=lttb");
  expect(lttb!.step.length).toBe(50);
  expect(lttb!.value).toContain(99);
  const [part] = await history("points=500&fromStep=1200&toStep=1299");
  expect(part).toMatchObject({ exact: true, step: Array.from({ length: 100 }, (_, index) => 1200 + index) });
});
