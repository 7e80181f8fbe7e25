import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TRPCClientError } from "@trpc/client";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { deliver } from "../src/delivery.ts";
import { openOutbox } from "../src/outbox.ts";
import { recordingServer } from "./recording-api.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(async () => remove());

const never = new AbortController().signal;
const metric = (step: number): { type: string; step: number; values: Record<string, number> } => ({
  type: "metric",
  step,
  values: { loss: 1 / step },
});
const countTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

test("everything is recorded once and in order, though answers of the server are lost", async () => {
  const { client, events, loseAnswers } = recordingServer();
  const outbox = await openOutbox(folder);
  for (const step of countTo(1200)) void outbox.add(metric(step));
  loseAnswers(2);
  await deliver({ client, attemptId: "a", outbox, signal: never }, () => true);
  expect(events.map(({ sequence }) => sequence)).toEqual(countTo(1200));
  expect(await outbox.next(1)).toEqual([]);
});

test("what a killed worker had not sent is sent by the next one, and nothing a second time", async () => {
  const { client, events } = recordingServer();
  const first = await openOutbox(folder);
  for (const step of countTo(3)) await first.add(metric(step));
  await deliver({ client, attemptId: "a", outbox: first, signal: never }, () => true);
  for (const step of [4, 5]) await first.add(metric(step)); // killed here
  const second = await openOutbox(folder);
  await deliver({ client, attemptId: "a", outbox: second, signal: never }, () => true);
  expect(events.map(({ sequence }) => sequence)).toEqual(countTo(5));
});

test("events that are added while it runs are sent until it is said to be over", async () => {
  const { client, events } = recordingServer();
  const outbox = await openOutbox(folder);
  let isOver = false;
  const delivering = deliver({ client, attemptId: "a", outbox, signal: never }, () => isOver);
  await outbox.add(metric(1));
  await expect.poll(() => events.length).toBe(1);
  await outbox.add(metric(2));
  isOver = true;
  await delivering;
  expect(events).toHaveLength(2);
});

test("a checkpoint's files are in the store before its event is sent, and their copies are removed after", async () => {
  const sent: string[] = [];
  const blobs = { mutate: () => Promise.resolve({ known: [] }) };
  const { client, events } = recordingServer({ blobs });
  const put = ((address: string) => {
    sent.push(`${new URL(address, "http://x").pathname.slice(0, 11)} before ${events.length} events`);
    return Promise.resolve(new Response("{}", { status: 201 }));
  }) as unknown as typeof fetch;
  const copies = join(folder, "snapshots", "1");
  await mkdir(copies, { recursive: true });
  await writeFile(join(copies, "model.bin"), "weights");
  const outbox = await openOutbox(folder);
  await outbox.add({ type: "checkpoint", step: 5, files: { "model.bin": join(copies, "model.bin") } });
  await deliver({ client: { ...client, fetch: put }, attemptId: "a", outbox, signal: never }, () => true);
  expect(sent).toEqual(["/api/blobs/ before 0 events"]);
  expect(events).toMatchObject([{ type: "checkpoint", files: [{ path: "model.bin", size: 7 }] }]);
  expect(existsSync(copies)).toBe(false);
});

test("a refusal ends it: the attempt belongs to somebody else", async () => {
  const data = { code: "CONFLICT", httpStatus: 409, path: "", uniarmCode: "attempt-stale", issues: null };
  const stale = TRPCClientError.from({ error: { message: "stale", code: -32009, data } } as never);
  const { client } = recordingServer({ events: { mutate: () => Promise.reject(stale) } });
  const outbox = await openOutbox(folder);
  await outbox.add(metric(1));
  await expect(deliver({ client, attemptId: "a", outbox, signal: never }, () => true)).rejects.toBe(stale);
});
