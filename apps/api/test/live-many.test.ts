import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SleepJob } from "@uniarm/pipeline/schema";
import { changesAfter, claim, launchRun, recordEvents } from "@uniarm/db";
import { numbered, someWorker } from "@uniarm/db/testing";
import { createServer } from "../src/server.ts";
import { serving, type Serving } from "./serving.ts";
import { subscribe, type Subscriber } from "./subscribers.ts";

/** `pnpm bench:platform` does the same with 500 and says how fast. */
const SUBSCRIBERS = 200;

let api: Serving;
let attemptId: string;
let runId: string;
beforeAll(async () => {
  api = await serving();
  const config = SleepJob.parse({});
  runId = await launchRun(api.db, { projectId: api.projectId, kind: "sleep", name: "many", config, labels: ["many"] });
  ({ attemptId } = (await claim(api.db, someWorker("many")))!);
});
afterAll(async () => api.close());

const record = (step: number): Promise<number> =>
  recordEvents(api.db, attemptId, numbered([{ type: "metric", step, values: { loss: step } }], step));

async function untilAllHave(sequence: number, subscribers: readonly Subscriber[]): Promise<void> {
  for (const deadline = Date.now() + 30_000; subscribers.some(({ last }) => last() < sequence); await sleep(20))
    if (Date.now() > deadline) throw new Error(`Not all heard of event ${sequence}.`);
}

test("200 subscribers hear of every event once and in order, also over a restart of the server", async () => {
  const subscribers = Array.from({ length: SUBSCRIBERS }, () => subscribe({ url: api.url, key: api.keys.read, runId }));
  const first = await sequenceNow();
  await untilAllHave(first, subscribers);
  for (let step = 1; step <= 20; step++) await record(step);
  await untilAllHave(first + 20, subscribers);

  const { port } = new URL(api.url);
  await api.server.close(); // cuts all connections
  for (let step = 21; step <= 30; step++) await record(step);
  api.server = await createServer({ services: api.services });
  await api.server.listen({ host: "127.0.0.1", port: Number(port) });
  for (let step = 31; step <= 40; step++) await record(step);
  await untilAllHave(first + 40, subscribers);
  expect(subscribers.map(({ gaps }) => gaps())).toEqual(subscribers.map(() => 0));
  expect(subscribers.map(({ connections }) => connections())).toEqual(subscribers.map(() => 2));
  for (const { close } of subscribers) close();
});

async function sequenceNow(): Promise<number> {
  return (await changesAfter(api.db, runId, 0)).at(-1)!.sequence;
}
