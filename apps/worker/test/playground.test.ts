import type { PlaygroundChunk, PlaygroundOrder } from "@uniarm/core/schema";
import { expect, test } from "vitest";
import type { Api } from "@uniarm/client";
import { converse } from "../src/playground.ts";
import { silentLog } from "./recording-api.ts";

const never = new AbortController().signal;
const order = (id: string): PlaygroundOrder => ({ type: "cancel", id });
const chunk = (id: string): PlaygroundChunk => ({ type: "error", id, code: "x", message: "y" });

interface Asked {
  seen: string[];
}
interface Told {
  sequence: number;
  chunks: PlaygroundChunk[];
}

/** A server that gives its orders one call each, then makes the job wait; and hears what it is told. */
function fakeApi(
  orders: PlaygroundOrder[][],
  hear: (told: Told) => Promise<{ gone: string[] }> = () => Promise.resolve({ gone: [] }),
): { api: Api; asked: Asked[]; told: Told[] } {
  const [asked, told]: [Asked[], Told[]] = [[], []];
  const work = {
    orders: {
      mutate: async (input: Asked, { signal }: { signal: AbortSignal }) => {
        const given = orders[asked.push(input) - 1];
        if (given) return { orders: given.map((one, at) => ({ id: `${asked.length}.${at}`, order: one })) };
        signal.throwIfAborted();
        return new Promise((_, failed) => signal.addEventListener("abort", () => failed(new Error("aborted"))));
      },
    },
    chunks: {
      mutate: (input: Told) => {
        told.push(input);
        return hear(input);
      },
    },
  };
  return { api: { work } as unknown as Api, asked, told };
}

function begin({ api }: { api: Api }) {
  const sent: string[] = [];
  const { log, said } = silentLog();
  const conversation = converse({ api, log }, "attempt", { send: (lines) => sent.push(lines) }, never);
  return { ...conversation, sent, said };
}

test("orders of one call reach the job in one piece, and are said to be seen with the next call", async () => {
  const server = fakeApi([[order("a"), order("b")], [], [order("c")]]);
  const { sent, end } = begin(server);
  await expect.poll(() => server.asked.length).toBe(4);
  expect(sent).toEqual([
    [order("a"), order("b")].map((one) => JSON.stringify(one)).join("\n"),
    JSON.stringify(order("c")),
  ]);
  expect(server.asked.map(({ seen }) => seen)).toEqual([[], ["1.0", "1.1"], [], ["3.0"]]);
  await end();
});

test("chunks that come together go with one call; what gathers meanwhile goes with the next, numbered", async () => {
  let answer = (_heard: { gone: string[] }): void => undefined;
  const server = fakeApi([], () => new Promise((done) => (answer = done)));
  const { tell, end } = begin(server);
  for (const id of ["a", "b"]) tell(chunk(id));
  await expect.poll(() => server.told.length).toBe(1);
  for (const id of ["c", "d"]) tell(chunk(id));
  answer({ gone: [] });
  await expect.poll(() => server.told.length).toBe(2);
  expect(server.told.map(({ sequence, chunks }) => [sequence, chunks.map(({ id }) => id)])).toEqual([
    [1, ["a", "b"]],
    [2, ["c", "d"]],
  ]);
  answer({ gone: [] });
  await end();
});

test("requests that nobody waits for are cancelled in the job", async () => {
  const { tell, sent, end } = begin(fakeApi([], () => Promise.resolve({ gone: ["a"] })));
  tell(chunk("a"));
  await end();
  expect(sent).toEqual([JSON.stringify(order("a"))]);
});

test("a call whose answer was lost is made again with its number", async () => {
  let calls = 0;
  const server = fakeApi([], () => (++calls === 1 ? Promise.reject(new Error("lost")) : Promise.resolve({ gone: [] })));
  const { tell, end } = begin(server);
  tell(chunk("a"));
  await end();
  expect(server.told.map(({ sequence }) => sequence)).toEqual([1, 1]);
});

test("what gathers without bound, because the server is away, is dropped and its requests cancelled", async () => {
  let answer = (_heard: { gone: string[] }): void => undefined;
  const server = fakeApi([], () => new Promise((done) => (answer = done)));
  const { tell, sent, end } = begin(server);
  for (let count = 0; count < 20_001; count++) tell(chunk(count % 2 === 0 ? "a" : "b"));
  expect(sent).toEqual([["a", "b"].map((id) => JSON.stringify(order(id))).join("\n")]);
  await end(); // nothing is left to send
  expect(server.told).toEqual([]);
  tell(chunk("c"));
  await expect.poll(() => server.told.length).toBe(1);
  answer({ gone: [] });
});

test("the end waits for what was said last, and ends the asking", async () => {
  const server = fakeApi([]);
  const { tell, end, said } = begin(server);
  tell(chunk("a"));
  await end();
  expect(server.told).toHaveLength(1);
  expect(said).toEqual([]);
});
