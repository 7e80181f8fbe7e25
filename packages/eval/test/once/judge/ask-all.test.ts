import { setTimeout } from "node:timers/promises";
import { collect } from "@uniarm/core/testing";
import { expect, test } from "vitest";
import { askAll } from "../../../src/judge/ask-all.ts";

const signal = new AbortController().signal;

test("every item comes with its result, in the order in which the work ends", async () => {
  const work = async (milliseconds: number): Promise<string> => {
    await setTimeout(milliseconds);
    return `${milliseconds} ms`;
  };
  const all = await collect(askAll([120, 1, 60], work, { concurrency: 3, signal }));
  expect(all).toEqual([
    [1, "1 ms"],
    [60, "60 ms"],
    [120, "120 ms"],
  ]);
});

test("when its reader stops early, what has begun is told so and waited for, and nothing more is begun", async () => {
  const begun: number[] = [];
  const ended: [number, boolean][] = [];
  const work = async (item: number, stop: AbortSignal): Promise<void> => {
    begun.push(item);
    if (item === 0) await setTimeout(5);
    else {
      const told = new Promise((resolve) => {
        stop.addEventListener("abort", resolve);
      });
      await Promise.race([told, setTimeout(2000)]);
      await setTimeout(20); // as a request that is on its way
    }
    ended.push([item, stop.aborted]);
  };
  for await (const [item] of askAll([0, 1, 2, 3, 4, 5], work, { concurrency: 3, signal })) {
    expect(item).toBe(0);
    break;
  }
  expect(begun).toEqual([0, 1, 2]);
  expect(ended).toEqual([
    [0, false],
    [1, true],
    [2, true],
  ]);
});

test("the first failure is thrown, not what followed from it", async () => {
  const work = async (item: number, stop: AbortSignal): Promise<void> => {
    await setTimeout(item);
    stop.throwIfAborted();
    throw new Error(`failure ${item}`);
  };
  await expect(collect(askAll([80, 1], work, { concurrency: 2, signal }))).rejects.toThrow("failure 1");
});
