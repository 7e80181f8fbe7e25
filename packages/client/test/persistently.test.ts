import { TRPCClientError } from "@trpc/client";
import { UniArmError } from "@uniarm/core/schema";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isPassing, persistently } from "../src/index.ts";
import { refusal } from "./fake-server.ts";

const refused = (status: number): Error => TRPCClientError.from(refusal(status, "no") as never);
const noAnswer = (): Error => TRPCClientError.from(new TypeError("fetch failed"));
const never = new AbortController().signal;

/** Fails as often as it is told, then answers. */
function failing(errors: Error[]): { call: () => Promise<string>; times: number[] } {
  const times: number[] = [];
  const left = [...errors];
  return {
    times,
    call: () => {
      times.push(Date.now());
      const error = left.shift();
      return error ? Promise.reject(error) : Promise.resolve("answer");
    },
  };
}

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

test("a call is repeated until it is answered, after 200 ms, then twice as long each time, up to 5 s", async () => {
  const { call, times } = failing(Array.from({ length: 7 }, noAnswer));
  const waits: unknown[] = [];
  const answer = persistently(call, never, (error) => waits.push(error));
  await vi.runAllTimersAsync();
  expect(await answer).toBe("answer");
  expect(times.slice(1).map((time, index) => time - times[index]!)).toEqual([200, 400, 800, 1600, 3200, 5000, 5000]);
  expect(waits).toHaveLength(7);
});

test.each([408, 429, 500, 502, 503, 504])("an answer %i passes", (status) => {
  expect(isPassing(refused(status))).toBe(true);
});

test("a store that is away passes", () => {
  expect(isPassing(new UniArmError("blob-away", "starting"))).toBe(true);
});

test.each([
  ["a 400", () => refused(400)],
  ["a 401", () => refused(401)],
  ["a 409", () => refused(409)],
  ["an error of this project", () => new UniArmError("blob-missing", "gone")],
  ["a defect", () => new TypeError("x is not a function")],
])("%s is not tried again", async (_name, error) => {
  const { call, times } = failing([error()]);
  const waits: unknown[] = [];
  await expect(persistently(call, never, (reason) => waits.push(reason))).rejects.toThrow();
  expect([times.length, waits.length]).toEqual([1, 0]);
});

test("a cut connection is tried again, whatever made the request", async () => {
  const { call } = failing([new TypeError("fetch failed"), new TypeError("terminated"), new Error("arrived damaged")]);
  const answer = persistently(call, never);
  await vi.runAllTimersAsync();
  expect(await answer).toBe("answer");
});

test("the signal ends the waiting at once", async () => {
  const { call, times } = failing(Array.from({ length: 100 }, noAnswer));
  const stop = new AbortController();
  const answer = persistently(call, stop.signal);
  const outcome = expect(answer).rejects.toThrow("enough");
  await vi.advanceTimersByTimeAsync(1000);
  stop.abort(new Error("enough"));
  await outcome;
  const calls = times.length;
  await vi.runAllTimersAsync();
  expect(times).toHaveLength(calls);
});

test("an answer counts even when the signal was given while it was on its way", async () => {
  const stop = new AbortController();
  const call = async (): Promise<string> => {
    stop.abort();
    return Promise.resolve("answer");
  };
  expect(await persistently(call, stop.signal)).toBe("answer");
});
