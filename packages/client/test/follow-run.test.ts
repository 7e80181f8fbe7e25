import { collect } from "@uniarm/core/testing";
import { expect, test } from "vitest";
import { followRun, untilEnded, type Client, type RunChange } from "../src/index.ts";

type Observer = { onData: (event: { data: RunChange }) => void; onError: (error: Error) => void };

/** A server with one run, whose changes the test makes. */
function oneRun() {
  const run = { state: "RUNNING", eventSequence: 0 };
  const changes: RunChange[] = [];
  let observer: Observer | undefined;
  const api = {
    runs: {
      get: { query: () => Promise.resolve({ ...run }) },
      changes: {
        subscribe: ({ lastEventId }: { lastEventId: number }, given: Observer) => {
          observer = given;
          for (const data of changes.slice(lastEventId)) given.onData({ data });
          return { unsubscribe: () => (observer = undefined) };
        },
      },
    },
  };
  const add = (type: string, data: object): void => {
    const change = { sequence: ++run.eventSequence, type, data, time: "" } as unknown as RunChange;
    changes.push(change);
    observer?.onData({ data: change });
  };
  return {
    client: { api } as unknown as Client,
    become: (state: string) => {
      run.state = state;
      add("state", { state, reason: "" });
    },
    note: (message: string) => add("notice", { code: "x", message }),
    fail: (error: Error) => observer?.onError(error),
    isFollowed: () => observer !== undefined,
  };
}

const later = (work: () => void): void => void setTimeout(work, 10);
const sequences = (changes: readonly RunChange[]): number[] => changes.map(({ sequence }) => sequence);

test("a run is followed from its first change to what came with its end, and no longer", async () => {
  const { client, become, note, isFollowed } = oneRun();
  become("RUNNING");
  const following = collect(followRun(client, "r"));
  later(() => {
    note("one");
    become("SUCCEEDED");
    note("after the end");
  });
  expect(sequences(await following)).toEqual([1, 2, 3, 4]);
  expect(isFollowed()).toBe(false);
});

test("an end that a run was resumed from is not its end", async () => {
  const { client, become } = oneRun();
  become("CANCELLED");
  become("RUNNING");
  const following = untilEnded(client, "r");
  later(() => become("FAILED"));
  expect(await following).toMatchObject({ state: "FAILED", eventSequence: 3 });
});

test("a run that has ended, all of whose changes are known, is not waited for", async () => {
  const { client, become } = oneRun();
  become("SUCCEEDED");
  expect(await collect(followRun(client, "r", { after: 1 }))).toEqual([]);
});

test("the signal ends following; waiting for the end throws its reason", async () => {
  const { client, become } = oneRun();
  become("RUNNING");
  const stop = new AbortController();
  later(() => stop.abort(new Error("enough")));
  expect(sequences(await collect(followRun(client, "r", { signal: stop.signal })))).toEqual([1]);
  await expect(untilEnded(client, "r", { signal: stop.signal })).rejects.toThrow("enough");
});

test("what the server refuses is thrown", async () => {
  const { client, fail } = oneRun();
  later(() => fail(new Error("There is no run r.")));
  await expect(collect(followRun(client, "r"))).rejects.toThrow("There is no run r.");
});
