import { WORK_PROTOCOL } from "@uniarm/core/schema";
import { newId } from "@uniarm/db";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serving, type Serving } from "./serving.ts";
import { workerOf } from "./worker.ts";

let api: Serving;
beforeAll(async () => {
  api = await serving();
});
afterAll(async () => api.close());

const tell = (path: string, body: object): Promise<unknown> => workerOf(api).tell(path, body);

const hello = (id: string, more: object = {}): Promise<unknown> => {
  const about = { name: "box", host: "box", version: "test", protocol: WORK_PROTOCOL, labels: [], slots: 1, alive: [] };
  return tell("hello", { id, ...about, ...more });
};

const claim = (workerId: string): Promise<unknown> =>
  tell("claim", { workerId, host: "box", launcher: "test", labels: [], slotsFree: 1, known: [] });

interface Listed {
  id: string;
  name: string;
  problem: string;
}

const listed = async (): Promise<Listed[]> => (await api.ask("read", "GET", "/api/workers")).body.workers as Listed[];

test("two workers of one name are told apart, and each keeps its name when it says hello again", async () => {
  const [one, two] = [newId(), newId()];
  await hello(one);
  expect(await hello(two)).toMatchObject({ name: "box 2" });
  expect(await hello(one)).toMatchObject({ name: "box" });
  expect((await listed()).map(({ name }) => name)).toEqual(["box", "box 2"]);
});

test("a worker that lives is replaced only by whoever saw its end, and is given nothing afterwards", async () => {
  const [old, next] = [newId(), newId()];
  await hello(old);
  await expect(hello(next, { replaces: [{ id: old, proven: false }] })).rejects.toThrow(/worker-alive/);
  expect(await claim(old)).toBeNull();
  await hello(next, { replaces: [{ id: old, proven: true }] });
  await expect(claim(old)).rejects.toThrow(/worker-ended/);
  await expect(hello(old)).rejects.toThrow(/worker-ended/);
  const ids = (await listed()).map(({ id }) => id);
  expect(ids).toContain(next);
  expect(ids).not.toContain(old);
});

test("a worker that never said hello is given nothing", async () => {
  await expect(claim(newId())).rejects.toThrow(/worker-ended/);
});

test("a worker of another version is listed with the sentence, and is given nothing", async () => {
  const id = newId();
  expect(await hello(id, { version: "9.1.0" })).toMatchObject({ version: "test", protocol: WORK_PROTOCOL });
  await expect(claim(id)).rejects.toThrow(/This worker is of version 9\.1\.0, its server of test/);
  expect((await listed()).find((worker) => worker.id === id)?.problem).toMatch(/it is given no runs/);
});

test("a worker from before versions were compared is refused at its hello", async () => {
  await expect(hello(newId(), { version: "0.1.0", protocol: undefined })).rejects.toThrow(/worker-version/);
});

test("what keeps a worker from taking runs is in the list as long as its heartbeats say so", async () => {
  const workerId = newId();
  await hello(workerId);
  const problem = "There is no room left in /data on box (ENOSPC).";
  await tell("heartbeat", { workerId, attempts: [], problem });
  expect((await listed()).find(({ id }) => id === workerId)?.problem).toBe(problem);
  await tell("heartbeat", { workerId, attempts: [] });
  expect((await listed()).find(({ id }) => id === workerId)?.problem).toBe("");
});

interface Attempted {
  state: string;
  reason: string;
  attempts: { state: string; reason: string; workerId: string; leaseUntil: string; heartbeatAt: string }[];
}

const launch = async (label: string): Promise<string> => {
  const run = { kind: "sleep", config: { steps: 1 }, labels: [label], useCache: false };
  return (await api.ask("write", "POST", "/api/runs", run)).body.id as string;
};
const shown = async (id: string): Promise<Attempted> =>
  (await api.ask("read", "GET", `/api/runs/${id}`)).body as unknown as Attempted;

/** The next attempt of a worker whose jobs go on without it for ten minutes. */
const taken = async (workerId: string, label: string, known: string[]): Promise<string> => {
  const asked = { workerId, host: "box", launcher: "slurm", labels: [label], slotsFree: 9, known, leaseSeconds: 600 };
  return ((await tell("claim", asked)) as { attemptId: string }).attemptId;
};

test("jobs that outlive their worker have its own lease, and the next one in its place goes on with those it names", async () => {
  const [old, next] = [newId(), newId()];
  await hello(old, { labels: ["outliving"] });
  const [kept, lost] = [await launch("outliving"), await launch("outliving")];
  const first = await taken(old, "outliving", []);
  const second = await taken(old, "outliving", [first]);
  const [attempt] = (await shown(kept)).attempts;
  expect(Date.parse(attempt!.leaseUntil) - Date.parse(attempt!.heartbeatAt)).toBe(600_000);

  await hello(next, { replaces: [{ id: old, proven: true }], alive: [first] });
  expect((await shown(kept)).attempts).toMatchObject([{ state: "RUNNING", workerId: next }]);
  expect(await shown(lost)).toMatchObject({ state: "QUEUED", attempts: [{ state: "LOST" }] });
  expect(await tell("heartbeat", { workerId: next, attempts: [first, second], leaseSeconds: 600 })).toMatchObject([
    { attemptId: first, stale: false },
    { attemptId: second, stale: true },
  ]);
});

test("a run says what its attempt waits for, until that is over", async () => {
  const worker = newId();
  await hello(worker, { labels: ["waiting"] });
  const id = await launch("waiting");
  const attemptId = await taken(worker, "waiting", []);
  const place = { attemptId, pid: null, externalId: "12_3" };
  await tell("started", { ...place, waits: "waits in Slurm as job 12_3" });
  expect(await shown(id)).toMatchObject({ state: "RUNNING", reason: "waits in Slurm as job 12_3" });
  await tell("started", place);
  expect((await shown(id)).reason).toBe("");
});
