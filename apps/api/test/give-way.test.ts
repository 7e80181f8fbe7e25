import { WORK_PROTOCOL, type PlaygroundOrder } from "@uniarm/core/schema";
import { newId } from "@uniarm/db";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serving, type Serving } from "./serving.ts";
import { workerOf, type Assignment } from "./worker.ts";

let api: Serving;
beforeAll(async () => {
  api = await serving();
});
afterAll(async () => api.close());

const tell = (path: string, body: object): Promise<unknown> => workerOf(api).tell(path, body);
const launched = async (kind: string): Promise<string> =>
  (await api.ask("write", "POST", "/api/runs", { kind })).body.id as string;

test("of two playgrounds that hold all slots the one that was asked last stays, the other ends for a run that waits", async () => {
  const worker = {
    id: newId(),
    name: "box",
    host: "box",
    version: "test",
    protocol: WORK_PROTOCOL,
    labels: [],
    slots: 2,
  };
  await tell("hello", { ...worker, alive: [] });
  const claim = async (known: string[], slotsFree: number): Promise<Assignment | null> =>
    (await tell("claim", {
      workerId: worker.id,
      host: "box",
      launcher: "test",
      labels: [],
      slotsFree,
      known,
      waitMs: 2000,
    })) as Assignment | null;
  const ordersOf = async ({ attemptId }: Assignment): Promise<PlaygroundOrder[]> => {
    const { orders } = (await tell("orders", { attemptId, seen: [], waitMs: 1000 })) as {
      orders: { order: PlaygroundOrder }[];
    };
    return orders.map(({ order }) => order);
  };

  const held: Assignment[] = [];
  for (const free of [2, 1]) {
    await launched("playground");
    held.push(
      (await claim(
        held.map(({ attemptId }) => attemptId),
        free,
      ))!,
    );
    await ordersOf(held.at(-1)!); // the first has waited for longer than the second
  }
  const heard = { first: await ordersOf(held[0]!), second: await ordersOf(held[1]!) };
  expect(heard).toEqual({ first: [], second: [] }); // nobody waits

  await launched("sleep");
  const beat = { workerId: worker.id, attempts: held.map(({ attemptId }) => attemptId), draining: false, problem: "" };
  await expect
    .poll(
      async () => {
        await tell("heartbeat", beat);
        const [first, second] = await Promise.all(held.map(ordersOf));
        expect(second).toEqual([]);
        return first;
      },
      { timeout: 40_000, interval: 500 },
    )
    .toEqual([{ type: "release" }]);
  await tell("end", { attemptId: held[0]!.attemptId, end: "SUCCEEDED", reason: "", exit: null, lastSequence: null });
  expect((await claim([held[1]!.attemptId], 1))?.kind).toBe("sleep");
});
