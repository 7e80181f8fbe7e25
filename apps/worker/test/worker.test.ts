import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TRPCClientError } from "@trpc/client";
import { WORK_PROTOCOL } from "@uniarm/core/schema";
import { temporaryFolder, writeTinyModel } from "@uniarm/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Assignment } from "../src/assignment.ts";
import { watchHealth } from "../src/health/health.ts";
import { localProcess, processLauncher } from "../src/launcher/local-process.ts";
import type { Launcher } from "../src/launcher/launcher.ts";
import { work, type WorkerSettings } from "../src/worker.ts";
import { recordingServer, silentLog } from "./recording-api.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(async () => remove());

const sleepJob = (id: string, config: object): Assignment => jobOf("sleep", id, config);

const jobOf = (kind: Assignment["kind"], id: string, config: object): Assignment =>
  ({
    attemptId: id,
    runId: `run of ${id}`,
    number: 1,
    kind,
    config,
    slots: 1,
    labels: [],
    inputs: {},
    datasets: {},
    checkpoints: {},
    resume: null,
  }) as unknown as Assignment;

interface Pulse {
  attemptId: string;
  cancel: boolean;
  stale: boolean;
}

/** A server with runs to give, and what it says to heartbeats. */
function working(assignments: Assignment[], pulse: (attempts: string[]) => Pulse[] = () => []) {
  const calls: string[] = [];
  const waiting = [...assignments];
  const answer = (name: string, value: unknown) => ({
    mutate: () => {
      calls.push(name);
      return Promise.resolve(value);
    },
  });
  const server = recordingServer({
    hello: answer("hello", { version: "test", protocol: WORK_PROTOCOL }),
    started: answer("started", undefined),
    goodbye: answer("goodbye", undefined),
    blobs: answer("blobs", { known: [] }),
    heartbeat: { mutate: ({ attempts }: { attempts: string[] }) => Promise.resolve(pulse(attempts)) },
    claim: {
      mutate: async (_asked: unknown, { signal }: { signal: AbortSignal }) => {
        const next = waiting.shift();
        if (next) return next;
        signal.throwIfAborted(); // the worker may have been stopped while it looked after its health
        return new Promise((_, failed) => signal.addEventListener("abort", () => failed(new Error("aborted"))));
      },
    },
  });
  const put = (() => Promise.resolve(new Response("{}", { status: 201 }))) as unknown as typeof fetch;
  return { ...server, client: { ...server.client, fetch: put }, calls };
}

function settingsOf({ client }: Pick<WorkerSettings, "client">, launcher: Launcher = localProcess): WorkerSettings {
  return {
    client,
    launcher,
    folder,
    cache: join(folder, "cache"),
    place: { replaces: [], confirm: () => undefined, isHeld: () => true },
    health: watchHealth({ folder, host: "here", place: { isHeld: () => true }, launcher }),
    graceMs: 10_000,
    log: silentLog().log,
    origin: folder,
    id: "worker",
    name: "worker",
    host: "here",
    version: "test",
    labels: [],
    limits: {},
    slots: 2,
    heartbeatMs: 50,
  };
}

test("runs are taken, worked on and ended; their folders go, and the worker says goodbye", async () => {
  await mkdir(join(folder, "attempts/of-a-killed-worker"), { recursive: true });
  const server = working([
    sleepJob("a", { steps: 2, stepMs: 1 }),
    sleepJob("b", { steps: 3, stepMs: 1, failAtStep: 2 }),
  ]);
  const stop = new AbortController();
  const ending = work(settingsOf(server), stop.signal);
  await expect.poll(() => server.ends.length).toBe(2);
  stop.abort();
  await ending;
  expect(server.ends).toContainEqual(expect.objectContaining({ attemptId: "a", end: "SUCCEEDED" }));
  expect(server.ends).toContainEqual(
    expect.objectContaining({ attemptId: "b", end: "FAILED", reason: "Failed after step 2, as its config asks." }),
  );
  expect(server.calls.at(-1)).toBe("goodbye");
  for (const id of ["a", "b", "of-a-killed-worker"]) expect(existsSync(join(folder, "attempts", id))).toBe(false);
});

test("a worker that is stopped lets its run save, and gives it back", async () => {
  const server = working([sleepJob("a", { steps: 1000, stepMs: 20, checkpointEvery: 1000 })]);
  const stop = new AbortController();
  const ending = work(settingsOf(server), stop.signal);
  await expect.poll(() => server.events.some(({ type }) => type === "metric")).toBe(true);
  stop.abort();
  await ending;
  expect(server.ends).toMatchObject([{ end: "DRAINED", reason: "its worker was stopped" }]);
  expect(server.events.some(({ type }) => type === "checkpoint")).toBe(true);
});

test("a run that the server wants stopped is cancelled, one that is another's is dropped without a word", async () => {
  const job = { steps: 1000, stepMs: 20, checkpointEvery: 1000 };
  const server = working([sleepJob("a", job), sleepJob("b", job)], (attempts) =>
    attempts.map((attemptId) => {
      const hasBegun = server.events.some((event) => event.attemptId === attemptId);
      return { attemptId, cancel: hasBegun && attemptId === "a", stale: hasBegun && attemptId === "b" };
    }),
  );
  const stop = new AbortController();
  const ending = work(settingsOf(server), stop.signal);
  await expect.poll(() => [server.ends.length, existsSync(join(folder, "attempts/b"))]).toEqual([1, false]);
  stop.abort();
  await ending;
  expect(server.ends).toMatchObject([{ attemptId: "a", end: "CANCELLED", reason: "cancelled" }]);
});

test("a training run whose loss is not finite fails for good, after its last sound checkpoint", async () => {
  await writeTinyModel(join(folder, "model"));
  const pair = { prompt: "Clean it?", responses: ["Rub it.", "Careful."], winners: { helpful: 0, harmless: 1 } };
  await writeFile(join(folder, "pairs.jsonl"), `${JSON.stringify(pair)}\n`);
  const objectives = ["helpful", "harmless"].map((name) => ({ name, description: name }));
  const optimizer = { learningRate: 1e30, warmupSteps: 2 };
  const config = { model: "model", pairs: "pairs.jsonl", objectives, steps: 6, batchPairs: 1, optimizer };
  const server = working([jobOf("train", "a", config)]);
  const stop = new AbortController();
  const ending = work(settingsOf(server), stop.signal);
  await expect.poll(() => server.ends.length).toBe(1);
  stop.abort();
  await ending;
  expect(server.ends).toMatchObject([
    {
      end: "FAILED",
      reason: expect.stringMatching(/^Training stopped at step 3 of 6: the loss of helpful and/) as string,
    },
  ]);
  expect(server.events.filter(({ type }) => type === "checkpoint")).toMatchObject([{ step: 1 }]);
});

test("a job that is killed is lost, with the signal", async () => {
  const path = join(folder, "job.mjs");
  await writeFile(path, "process.kill(process.pid, 'SIGKILL');");
  const server = working([sleepJob("a", {})]);
  const stop = new AbortController();
  const ending = work(settingsOf(server, processLauncher(path)), stop.signal);
  await expect.poll(() => server.ends.length).toBe(1);
  stop.abort();
  await ending;
  expect(server.ends).toMatchObject([
    {
      end: "LOST",
      reason: expect.stringMatching(/SIGKILL, exit code 137.*here had no memory left/) as string,
      exit: { code: null, signal: "SIGKILL" },
    },
  ]);
});

test("a worker that is stopped before its server ever answered ends in peace", async () => {
  const hello = { mutate: () => Promise.reject(TRPCClientError.from(new TypeError("fetch failed"))) };
  const stop = new AbortController();
  const asked: string[] = [];
  const away = (name: string) => ({ mutate: () => Promise.reject(new Error(`${asked.push(name)}`)) });
  const server = recordingServer({
    hello,
    goodbye: away("goodbye"),
    heartbeat: away("heartbeat"),
    claim: away("claim"),
  });
  const { log, said } = silentLog();
  setTimeout(() => stop.abort(), 100);
  await work({ ...settingsOf(server), log }, stop.signal);
  expect(said).not.toContain("ready for work");
  expect(asked).toEqual(["goodbye"]);
});

test("a worker that the server refuses says so", async () => {
  const data = { code: "UNAUTHORIZED", httpStatus: 401, path: "", uniarmCode: null, issues: null };
  const refused = TRPCClientError.from({ error: { message: "A key is needed.", code: -32001, data } } as never);
  const server = recordingServer({ hello: { mutate: () => Promise.reject(refused) } });
  await expect(work(settingsOf(server), new AbortController().signal)).rejects.toThrow("A key is needed.");
});

test("a run whose folder somebody removes is given back, without the events that went with it", async () => {
  const server = working([sleepJob("a", { steps: 1000, stepMs: 5, checkpointEvery: 5 })]);
  const attempt = join(folder, "attempts/a");
  const stop = new AbortController();
  const ending = work(settingsOf(server), stop.signal);
  await expect.poll(() => server.events.some(({ type }) => type === "metric")).toBe(true);
  await rm(attempt, { recursive: true, maxRetries: 20, retryDelay: 20 }); // its run writes into it meanwhile
  await expect.poll(() => server.ends.length, { timeout: 20_000 }).toBe(1);
  stop.abort();
  await ending;
  expect(server.ends).toMatchObject([{ end: "DRAINED", lastSequence: null }]);
  expect(server.ends[0]!.reason).toContain(`The folder ${attempt} on here was removed.`);
});
