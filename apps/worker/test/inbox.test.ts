import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { TRPCClientError } from "@trpc/client";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emptyInbox } from "../src/inbox.ts";
import { recordingServer, silentLog, type Recording } from "./recording-api.ts";

let folder: string;
let inbox: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  inbox = join(folder, "inbox");
  await mkdir(inbox);
});
afterEach(async () => remove());

const recordable = (): Recording & { records: unknown[] } => {
  const records: unknown[] = [];
  const record = {
    mutate: (run: unknown) => Promise.resolve({ attemptId: records.push(run) === 1 ? "a" : null, runId: "r" }),
  };
  return { ...recordingServer({ record }), records };
};

/** Runs until `isDone`. */
async function emptied({ client }: Recording, isDone: () => boolean | Promise<boolean>): Promise<string[]> {
  const { log, said } = silentLog();
  const stop = new AbortController();
  const settings = { client, log, id: "worker", host: "here", folder };
  const emptying = emptyInbox(settings, inbox, stop.signal);
  await expect.poll(isDone).toBe(true);
  stop.abort();
  await emptying;
  return said;
}

async function leaveRun(lines: readonly object[]): Promise<void> {
  const run = join(folder, "demo");
  await mkdir(run, { recursive: true });
  await writeFile(join(run, "events.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const notice = { id: "0123-4567", project: "default", name: "demo", folder: run, config: { seed: 1 } };
  await writeFile(join(inbox, "one.json"), JSON.stringify(notice));
}

const isEmpty = async (): Promise<boolean> => (await readdir(inbox)).length === 0;

test("a run that went on without a server is recorded with the times it had, each step once", async () => {
  const server = recordable();
  await leaveRun([
    { time: 10, type: "metric", step: 1, values: { loss: 2 } },
    { time: 20, type: "metric", step: 1, values: { loss: 2, accuracy: 1 } }, // it was interrupted and resumed
    { time: 30, type: "notice", code: "x", message: "done" },
  ]);
  await emptied(server, isEmpty);
  expect(server.records).toMatchObject([{ externalId: "0123-4567", name: "demo", config: { seed: 1 } }]);
  expect(server.events).toMatchObject([
    { sequence: 1, time: 10, values: { loss: 2 } },
    { sequence: 2, time: 20, values: { accuracy: 1 } },
    { sequence: 3, time: 30, message: "done" },
  ]);
  expect(server.ends).toMatchObject([{ attemptId: "a", end: "SUCCEEDED", lastSequence: 3 }]);
  expect(existsSync(join(folder, "recording/0123-4567"))).toBe(false);
});

test("a run that is known already is not recorded again", async () => {
  const server = recordable();
  server.records.push("before");
  await leaveRun([{ time: 10, type: "notice", code: "x", message: "done" }]);
  await emptied(server, isEmpty);
  expect(server.events).toEqual([]);
});

test.each([
  ["no JSON", "{"],
  ["a notice without what it needs", "{}"],
  [
    "a run folder that is not there",
    JSON.stringify({ id: "0123-4567", project: "p", name: "n", folder: "/nowhere", config: {} }),
  ],
])("%s is put aside with the reason, and others are recorded", async (_what, text) => {
  await writeFile(join(inbox, "broken.json"), text);
  const server = recordable();
  const said = await emptied(server, async () => (await readdir(inbox)).includes("broken.json.refused"));
  expect(await readdir(inbox)).toEqual(["broken.json.refused"]);
  expect(await readFile(join(inbox, "broken.json.refused"), "utf8")).not.toBe("");
  expect(said.join()).toContain("put aside");
});

test("a run whose files lie outside of its folder is put aside: nothing else of this disk is read", async () => {
  await leaveRun([{ time: 1, type: "artifact", name: "x", files: { x: "../secret" } }]);
  const server = recordable();
  await emptied(server, () => existsSync(join(inbox, "one.json.refused")));
  expect(server.events).toEqual([]);
});

test("a run whose files are gone is put aside instead of being tried for ever", async () => {
  await leaveRun([{ time: 1, type: "artifact", name: "x", files: { x: "gone.bin" } }]);
  const server = recordable();
  const said = await emptied(server, () => existsSync(join(inbox, "one.json.refused")));
  expect(await readFile(join(inbox, "one.json.refused"), "utf8")).toContain(join(folder, "demo", "gone.bin"));
  expect([server.events, server.ends]).toEqual([[], []]);
  expect(said.join()).toContain("put aside");
});

test("while the server is away, a notice stays", async () => {
  await leaveRun([{ time: 10, type: "notice", code: "x", message: "done" }]);
  let calls = 0;
  const record = { mutate: () => Promise.reject(TRPCClientError.from(new TypeError(`fetch failed ${++calls}`))) };
  await emptied(recordingServer({ record }), () => calls > 0);
  expect(await readdir(inbox)).toEqual(["one.json"]);
});
