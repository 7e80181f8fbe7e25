import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { PlaygroundRequest, type GenerateChunk, type PlaygroundChunk } from "@uniarm/core/schema";
import { openBroker, type Broker } from "../src/playground/broker.ts";

const ATTEMPT = { runId: "run", attemptId: "attempt" };
const never = new AbortController().signal;

const request = (id: string, rows = 1): PlaygroundRequest =>
  PlaygroundRequest.parse({ id, prompt: "p", preferences: Array.from({ length: rows }, () => null) });

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
function reading(broker: Broker, asked: PlaygroundRequest, signal = never) {
  const heard: GenerateChunk[] = [];
  const stream = broker.ask("run", asked, signal);
  const done = (async () => {
    for await (const chunk of stream) heard.push(chunk);
  })();
  return { heard, done };
}

const orders = async (broker: Broker, seen: string[] = [], waitMs = 0, attempt = ATTEMPT) =>
  (await broker.orders(attempt, { seen, waitMs, signal: never })).map(({ id }) => id);

describe("the broker", () => {
  test("brings a request to the attempt and its rows back, until the last has ended", async () => {
    const broker = openBroker();
    const { heard, done } = reading(broker, request("a", 2));
    expect(await orders(broker)).toEqual(["ask a"]);
    expect(broker.deliver(ATTEMPT, 1, [token("a", "x"), end("a", 0), token("a", "y", 1)])).toEqual({ gone: [] });
    broker.deliver(ATTEMPT, 2, [end("a", 1)]);
    await done;
    expect(heard.map(({ type }) => type)).toEqual(["status", "token", "end", "token", "end"]);
    expect(heard[0]).toEqual({ type: "status", state: "ready", run: "run" });
    expect(await orders(broker, ["ask a"])).toEqual([]);
  });

  test("sends an order again until the attempt has seen it", async () => {
    const broker = openBroker();
    reading(broker, request("a"));
    expect(await orders(broker)).toEqual(["ask a"]); // the answer was lost
    expect(await orders(broker)).toEqual(["ask a"]);
    expect(await orders(broker, ["ask a"])).toEqual([]);
  });

  test("wakes a waiting worker at once", async () => {
    const broker = openBroker();
    const waiting = orders(broker, [], 60_000);
    await sleep(5);
    reading(broker, request("a"));
    expect(await waiting).toEqual(["ask a"]);
  });

  test("skips a batch that was delivered before", async () => {
    const broker = openBroker();
    const { heard, done } = reading(broker, request("a"));
    await orders(broker);
    broker.deliver(ATTEMPT, 1, [token("a", "x")]);
    broker.deliver(ATTEMPT, 1, [token("a", "x")]);
    broker.deliver(ATTEMPT, 2, [end("a")]);
    await done;
    expect(heard.map(({ type }) => type)).toEqual(["status", "token", "end"]);
  });

  test("takes back a request that nobody has started on, and cancels one that was started", async () => {
    const broker = openBroker();
    const early = new AbortController();
    const unread = reading(broker, request("early"), early.signal);
    await sleep(1);
    early.abort();
    await unread.done;
    const late = new AbortController();
    const begun = reading(broker, request("late"), late.signal);
    expect(await orders(broker)).toEqual(["ask late"]);
    late.abort();
    await begun.done;
    expect(await orders(broker, ["ask late"])).toEqual(["cancel late"]);
    expect(broker.deliver(ATTEMPT, 1, [token("late", "x"), end("late")])).toEqual({ gone: ["late"] });
  });

  test("names the requests that a restarted server has forgotten", () => {
    expect(openBroker().deliver(ATTEMPT, 17, [token("a", "x"), token("a", "y"), end("b")])).toEqual({ gone: ["a"] });
  });

  test("cancels a client that does not read, and holds no more than 2000 chunks of it", async () => {
    const broker = openBroker();
    const stream = broker.ask("run", request("a"), never);
    await orders(broker);
    expect((await stream.next()).value).toMatchObject({ type: "status" }); // and it reads no more
    const hundred = Array.from({ length: 100 }, () => token("a", "x"));
    for (let call = 1; call < 30; call++) broker.deliver(ATTEMPT, call, hundred);
    const rest: GenerateChunk[] = [];
    for await (const chunk of stream) rest.push(chunk);
    expect(rest).toHaveLength(1);
    expect(rest[0]).toMatchObject({ type: "error", code: "client-behind" });
    expect(await orders(broker, ["ask a"])).toEqual(["cancel a"]);
  });

  test("tells the clients of an attempt that has ended; requests that it had not seen wait for the next", async () => {
    const broker = openBroker();
    const heardOf = reading(broker, request("a"));
    await orders(broker);
    const waiting = reading(broker, request("b"));
    broker.attemptOver("run", "attempt", "It was killed. Ask again.");
    await heardOf.done;
    expect(heardOf.heard.at(-1)).toEqual({ type: "error", code: "attempt-over", message: "It was killed. Ask again." });
    broker.wait("run", "queued");
    expect(await orders(broker, [], 0, { runId: "run", attemptId: "next" })).toEqual(["ask b"]);
    broker.deliver({ runId: "run", attemptId: "next" }, 1, [end("b")]);
    await waiting.done;
    expect(waiting.heard.map((chunk) => (chunk.type === "status" ? chunk.state : chunk.type))).toEqual([
      "ready",
      "queued",
      "ready",
      "end",
    ]);
  });

  test("tells everybody when the run is over", async () => {
    const broker = openBroker();
    const clients = [reading(broker, request("a")), reading(broker, request("b"))];
    broker.runOver("run", "playground-ended", "It ended.");
    for (const { heard, done } of clients) {
      await done;
      expect(heard).toEqual([{ type: "error", code: "playground-ended", message: "It ended." }]);
    }
    expect(await orders(broker)).toEqual([]);
  });

  test("an error of the job ends its request alone", async () => {
    const broker = openBroker();
    const [wrong, right] = [reading(broker, request("a", 2)), reading(broker, request("b"))];
    await orders(broker);
    broker.deliver(ATTEMPT, 1, [{ type: "error", id: "a", code: "prompt-too-long", message: "Too long." }]);
    await wrong.done;
    expect(wrong.heard.at(-1)).toMatchObject({ code: "prompt-too-long" });
    broker.deliver(ATTEMPT, 2, [end("b")]);
    await right.done;
  });

  test("refuses more responses at once than a worker should hold", () => {
    const broker = openBroker();
    for (let count = 0; count < 8; count++) broker.ask("run", request(`r${count}`, 32), never);
    expect(() => broker.ask("run", request("more"), never)).toThrow("Try again when some have ended");
    expect(() => broker.ask("another", request("more"), never)).not.toThrow();
  });
});
