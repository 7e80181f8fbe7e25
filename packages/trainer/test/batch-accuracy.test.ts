import { join } from "node:path";
import { collect, temporaryFolder } from "@uniarm/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { batchAccuracy, shareOf } from "../src/batch-accuracy.ts";
import { train } from "../src/train.ts";
import { metricsOf } from "./learning.ts";
import { tinyRun } from "./tiny-run.ts";

let folder: { path: string; remove: () => Promise<void> };
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

test("pairs count for an objective by its weight, and for the mix by the sign of what is wanted", () => {
  const { mixed, objectives } = batchAccuracy({
    differences: [[2], [-1], [3], [0]],
    signs: [
      [1, -1], // wanted at .75, .25: the first
      [1, 1], // both want what is scored lower
      [0, 1], // a tie on the first objective
      [1, 1], // no difference is no order
    ],
    lossPreferences: [
      [0.75, 0.25],
      [0.5, 0.5],
      [0.25, 0.75],
      [1, 0],
    ],
  });
  expect(mixed).toEqual({ right: 2, all: 4 });
  expect(objectives).toEqual([
    { right: 0.75, all: 2.25 },
    { right: 0.75, all: 1.5 },
  ]);
  expect(shareOf(objectives)).toBeCloseTo(1.5 / 3.75, 12);
  expect(shareOf([])).toBeNull();
});

test.each(["genarm", "scorer"] as const)(
  "%s: a step over all pairs is as accurate as the validation of the same pairs before it",
  async (method) => {
    const pairs = join(folder.path, "held-out.jsonl");
    const config = await tinyRun(folder.path, {
      method,
      ...(method === "scorer" ? { beta: undefined } : {}),
      pairs,
      validationPairs: pairs,
      validationEvery: 1,
      batchPairs: 12,
      steps: 6,
    });
    const values = metricsOf(await collect(train(config)));
    const seen = (name: string): number[] => values.flatMap((one) => one[name] ?? []);
    for (const { name } of config.objectives)
      expect(seen(`accuracy/${name}`).slice(1)).toEqual(seen(`validation/accuracy/${name}`).slice(0, -1));
    expect(seen("accuracy").some((value) => value > 0 && value < 1)).toBe(true);
  },
);

test("where responses are imitated there are no pairs to order", async () => {
  const config = await tinyRun(folder.path, { loss: "imitation", rewardTemperature: 0.25, policy: "guided" });
  const values = metricsOf(await collect(train(config)));
  expect(values.flatMap((one) => Object.keys(one)).filter((name) => name.startsWith("accuracy"))).toEqual([]);
});
