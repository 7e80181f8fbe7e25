import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PlaygroundRequest, type GenerateChunk, type PlaygroundChunk } from "@uniarm/core/schema";
import { PlaygroundJob } from "@uniarm/pipeline/schema";
import {
  claim,
  deliverAnswers,
  endAttempt,
  launchRun,
  listen,
  newId,
  playgroundOrders,
  releasePlayground,
  type AttemptOf,
  type Listener,
} from "@uniarm/db";
import { cutListeners, poolOf, someWorker, temporaryDatabase, type TemporaryDatabase } from "@uniarm/db/testing";
import { pino } from "pino";
import { answers } from "../src/playground/answers.ts";

let temporary: TemporaryDatabase;
let listener: Listener;
beforeAll(async () => {
  temporary = await temporaryDatabase();
  listener = listen(temporary.url);
});
afterAll(async () => {
  await listener.close();
  await temporary.close();
});

/** A playground at work; its attempt has not asked for orders yet. */
async function held(): Promise<AttemptOf & { label: string }> {
  const { db, projectId } = temporary;
  const label = newId();
  const config = PlaygroundJob.parse({ model: "tiny-world:quick" });
  const runId = await launchRun(db, { projectId, kind: "playground", name: label, config, labels: [label] });
  const { attemptId } = (await claim(db, { ...someWorker(label), leaseSeconds: 3600 }))!;
  return { runId, attemptId, label };
}

const request = (rows = 1): PlaygroundRequest =>
  PlaygroundRequest.parse({ id: newId(), prompt: "p\u0000", preferences: Array.from({ length: rows }, () => null) });

const token = (id: string, text: string, row = 0): PlaygroundChunk => ({
  id,
  type: "token",
  row,
  tokenId: 1,
  text,
  base: -1,
  arm: 0,
  arms: [],
  fused: -1,
  runnerUp: { tokenId: 2, text: "", base: -2, arm: 0, arms: [], fused: -2 },
});
const end = (id: string, row = 0): PlaygroundChunk => ({
  id,
  type: "end",
  row,
  finish: "length",
  text: "",
  logProbNats: -1,
  batchRows: 1,
});

/** Reads a client's stream as it comes. */
function reading(runId: string, asked: PlaygroundRequest, signal = new AbortController().signal) {
  const heard: GenerateChunk[] = [];
  const log = pino({ level: "silent" });
  const done = (async () => {
    for await (const chunk of answers({ db: temporary.db, listener, log }, runId, asked, signal)) heard.push(chunk);
  })();
  done.catch(() => undefined);
  return { heard, done };
}

const orders = async (attempt: AttemptOf, seen: string[] = []): Promise<string[]> =>
  (await playgroundOrders(temporary.db, attempt, seen)).map(({ id }) => id);
const untilOrders = (attempt: AttemptOf, seen: string[], expected: string[]): Promise<void> =>
  expect.poll(() => orders(attempt, seen)).toEqual(expected);
const deliver = (attempt: AttemptOf, sequence: number, chunks: PlaygroundChunk[]) =>
  deliverAnswers(temporary.db, attempt, sequence, chunks);
const kinds = (heard: GenerateChunk[]) => heard.map((chunk) => (chunk.type === "status" ? chunk.state : chunk.type));

describe("a request to a playground", () => {
  test("is brought to the attempt and its rows back, until the last has ended", async () => {
    const attempt = await held();
    const asked = request(2);
    const { id } = asked;
    const { heard, done } = reading(attempt.runId, asked);
    await untilOrders(attempt, [], [`ask ${id}`]);
    await expect.poll(() => kinds(heard).at(-1)).toBe("ready");
    expect(await deliver(attempt, 1, [token(id, "x\u0000"), end(id), token(id, "y", 1)])).toEqual({ gone: [] });
    await deliver(attempt, 2, [end(id, 1)]);
    await done;
    expect(kinds(heard).slice(-5)).toEqual(["ready", "token", "end", "token", "end"]);
    expect(heard.at(-4)).toMatchObject({ text: "x\u0000" });
    expect(await orders(attempt, [`ask ${id}`])).toEqual([]);
  });

  test("is given again until the attempt has seen it", async () => {
    const attempt = await held();
    const asked = request();
    reading(attempt.runId, asked);
    await untilOrders(attempt, [], [`ask ${asked.id}`]);
    expect(await orders(attempt)).toEqual([`ask ${asked.id}`]); // the answer was lost
    expect(await orders(attempt, [`ask ${asked.id}`])).toEqual([]);
  });

  test("hears a batch once, also where it was delivered twice and after a cut of the server's listener", async () => {
    const attempt = await held();
    const asked = request();
    const { heard, done } = reading(attempt.runId, asked);
    await untilOrders(attempt, [], [`ask ${asked.id}`]);
    await cutListeners(temporary.db);
    await Promise.all([1, 1, 1].map((sequence) => deliver(attempt, sequence, [token(asked.id, "x")])));
    await expect.poll(() => kinds(heard).includes("token")).toBe(true);
    await deliver(attempt, 1, [token(asked.id, "x")]); // after it was fetched
    await deliver(attempt, 2, [end(asked.id)]);
    await done;
    expect(kinds(heard).slice(-2)).toEqual(["token", "end"]);
    expect(kinds(heard).filter((kind) => kind === "token")).toHaveLength(1);
  });

  test("is taken back where nobody has started on it, and cancelled where an attempt has", async () => {
    const attempt = await held();
    const [early, late] = [request(), request()];
    for (const [asked, given] of [
      [early, false],
      [late, true],
    ] as const) {
      const client = new AbortController();
      const { heard, done } = reading(attempt.runId, asked, client.signal);
      await expect.poll(() => heard.length).toBeGreaterThan(0);
      if (given) expect(await orders(attempt)).toEqual([`ask ${asked.id}`]);
      client.abort();
      await done;
    }
    expect(await orders(attempt, [`ask ${late.id}`])).toEqual([`cancel ${late.id}`]);
    expect(await deliver(attempt, 1, [token(late.id, "x"), end(late.id)])).toEqual({ gone: [late.id] });
    expect(await orders(attempt, [`cancel ${late.id}`])).toEqual([]);
  });

  test("is cancelled at the worker when the server of its client was killed", async () => {
    const attempt = await held();
    const asked = request();
    reading(attempt.runId, asked);
    await untilOrders(attempt, [], [`ask ${asked.id}`]);
    // as if nothing had been heard of that server for half a minute
    await poolOf(temporary.db).query(
      `UPDATE "PlaygroundRequest" SET "heardUntil" = now() - interval '1 second' WHERE id = $1`,
      [asked.id],
    );
    expect(await orders(attempt, [`ask ${asked.id}`])).toEqual([`cancel ${asked.id}`]);
    expect(await deliver(attempt, 1, [token(asked.id, "x")])).toEqual({ gone: [asked.id] });
  });

  test("whose client does not read is cancelled, and no more than 2000 chunks of it are kept", async () => {
    const attempt = await held();
    const asked = request();
    const log = pino({ level: "silent" });
    const stream = answers({ db: temporary.db, listener, log }, attempt.runId, asked, new AbortController().signal);
    expect((await stream.next()).value).toMatchObject({ type: "status" }); // and it reads no more
    await untilOrders(attempt, [], [`ask ${asked.id}`]);
    const hundred = Array.from({ length: 100 }, () => token(asked.id, "x"));
    for (let call = 1; call < 30; call++) await deliver(attempt, call, hundred);
    const rest: GenerateChunk[] = [];
    for await (const chunk of stream) rest.push(chunk);
    expect(rest.at(-1)).toMatchObject({ type: "error", code: "client-behind" });
    expect(rest.length).toBeLessThan(5);
    expect(await orders(attempt, [`ask ${asked.id}`])).toEqual([`cancel ${asked.id}`]);
  });

  test("is told when its attempt has ended; one that the attempt had not been given waits for the next", async () => {
    const attempt = await held();
    const { db } = temporary;
    const [given, waiting] = [request(), request()];
    const lost = reading(attempt.runId, given);
    await untilOrders(attempt, [], [`ask ${given.id}`]);
    await deliver(attempt, 1, [token(given.id, "x")]);
    const { attemptId, runId } = attempt;
    const next = reading(runId, waiting);
    await expect.poll(() => kinds(next.heard)).toContain("ready");
    await endAttempt(db, { attemptId, end: "LOST", reason: "it was killed", exit: null, lastSequence: null });
    await lost.done;
    expect(kinds(lost.heard).slice(-2)).toEqual(["token", "error"]);
    expect(lost.heard.at(-1)).toEqual({
      type: "error",
      code: "attempt-over",
      message: "The process that answered has ended: it was killed. Ask again.",
    });
    const again = (await claim(db, { ...someWorker(attempt.label), leaseSeconds: 3600 }))!;
    const successor = { runId, attemptId: again.attemptId };
    await untilOrders(successor, [], [`ask ${waiting.id}`]);
    await deliver(successor, 1, [end(waiting.id)]);
    await next.done;
    expect(kinds(next.heard).at(-1)).toBe("end");
    expect(kinds(next.heard)).toContain("queued");
  });

  test("that the job cannot answer ends with the job's own error, and alone", async () => {
    const attempt = await held();
    const [wrong, right] = [request(2), request()];
    const [failing, going] = [reading(attempt.runId, wrong), reading(attempt.runId, right)];
    await expect.poll(async () => (await orders(attempt)).length).toBe(2);
    await deliver(attempt, 1, [{ type: "error", id: wrong.id, code: "prompt-too-long", message: "Too long." }]);
    await failing.done;
    expect(failing.heard.at(-1)).toMatchObject({ code: "prompt-too-long" });
    await deliver(attempt, 2, [end(right.id)]);
    await going.done;
  });

  test("is refused where the run has more responses to make than a worker should hold", async () => {
    const [full, another] = [await held(), await held()];
    const clients = Array.from({ length: 8 }, () => reading(full.runId, request(32)));
    await expect.poll(() => clients.every(({ heard }) => heard.length > 0)).toBe(true);
    await expect(reading(full.runId, request()).done).rejects.toThrow(
      "This model already has 256 responses to make; 1 more would exceed the limit of 256. Try again when some have ended.",
    );
    const { heard } = reading(another.runId, request());
    await expect.poll(() => heard.length).toBeGreaterThan(0);
  });
});

test("of several servers that look for a playground to end for one run, one finds it", async () => {
  const both = [await held(), await held()];
  for (const attempt of both) await orders(attempt);
  const runs = both.map(({ runId }) => runId);
  const looks = await Promise.all([1, 2, 3].map(() => releasePlayground(temporary.db, runs, 0)));
  expect(looks.filter((one) => one !== null)).toEqual([both[0]!.runId]);
  expect(await orders(both[0]!)).toEqual(["release"]);
  expect(await orders(both[0]!, ["release"])).toEqual([]);
  expect(await orders(both[1]!)).toEqual([]);
});
