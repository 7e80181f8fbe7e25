import { WORK_PROTOCOL, type GenerateChunk } from "@uniarm/core/schema";
import { newId } from "@uniarm/db";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serving, type Serving } from "./serving.ts";
import { workerOf, type Assignment } from "./worker.ts";

let api: Serving;
beforeAll(async () => {
  api = await serving();
});
afterAll(async () => api.close());

test("a playground is not given to a worker that cannot run one: its client hears why it waits, until another comes", async () => {
  const { tell, claimed } = workerOf(api);
  const client = new AbortController();
  const answer = await fetch(`${api.url}/api/generate`, {
    method: "POST",
    headers: { authorization: `Bearer ${api.keys.write}`, "content-type": "application/json" },
    body: JSON.stringify({ project: "test", prompt: "Hello?" }),
    signal: client.signal,
  });
  const heard: GenerateChunk[] = [];
  const reading = (async () => {
    for await (const text of answer.body!.pipeThrough(new TextDecoderStream()))
      for (const [, data] of text.matchAll(/^data: (.*)$/gm)) heard.push(JSON.parse(data!) as GenerateChunk);
  })();
  reading.catch(() => undefined);
  const last = () => heard.at(-1);
  await expect.poll(last).toMatchObject({
    type: "status",
    state: "queued",
    waits: "No worker is connected. Start one on a machine that answers at once: uniarm worker --server URL --key KEY",
  });

  const cluster = {
    id: newId(),
    name: "login-node",
    host: "login",
    version: "test",
    protocol: WORK_PROTOCOL,
    slots: 4,
  };
  await tell("hello", { ...cluster, labels: [], cannotRun: ["playground"], alive: [] });
  const claim = (waitMs: number): Promise<unknown> =>
    tell("claim", {
      workerId: cluster.id,
      host: "login",
      launcher: "slurm",
      labels: [],
      slotsFree: 4,
      cannotRun: ["playground"],
      known: [],
      waitMs,
    });
  expect(await claim(0)).toBeNull();
  const sleeping = await api.ask("write", "POST", "/api/runs", { kind: "sleep" });
  expect(await claim(5000)).toMatchObject({ runId: sleeping.body.id, kind: "sleep" });
  await expect.poll(last).toMatchObject({
    state: "queued",
    waits:
      "The worker login-node takes no playgrounds: jobs that wait in a cluster's queue cannot answer. Start one on a machine that answers at once: uniarm worker --server URL --key KEY",
  });

  const held = (await claimed()) as Assignment;
  expect(held.kind).toBe("playground");
  await expect.poll(last).toMatchObject({ type: "status", state: "loading" });
  expect(last()).not.toHaveProperty("waits");
  client.abort();
});
