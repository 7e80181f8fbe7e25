import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TrainingConfig, type PreferencePair } from "@uniarm/core/schema";
import { collect, temporaryFolder } from "@uniarm/core/testing";
import { train } from "../src/index.ts";
import { metricsOf } from "./learning.ts";
import { jsonLines, tinyPairs, tinyRun } from "./tiny-run.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const only = (names: readonly string[], pair: PreferencePair): PreferencePair => ({
  ...pair,
  winners: Object.fromEntries(Object.entries(pair.winners).filter(([name]) => names.includes(name))),
});
const tied = (names: readonly string[], pair: PreferencePair): PreferencePair => ({
  ...pair,
  winners: { ...pair.winners, ...Object.fromEntries(names.map((name) => [name, "tie" as const])) },
});
/** A run on the tiny pairs as they are made into others. */
const runOn = async (change: (pair: PreferencePair, row: number) => unknown, settings: Record<string, unknown>) => {
  const config = await tinyRun(folder.path, settings);
  await writeFile(config.pairs, jsonLines(tinyPairs(40).map(change)));
  return config;
};

test("pairs without a winner on an objective are refused, and masked where that is asked for, and counted", async () => {
  const half = (pair: PreferencePair, row: number): PreferencePair => (row % 2 === 0 ? only(["helpful"], pair) : pair);
  const config = await runOn(half, { steps: 1 });
  await expect(collect(train(config))).rejects.toThrow(`${config.pairs}:1`);
  const events = await collect(train({ ...config, missingLabels: "mask" }));
  expect(events.find((event) => event.type === "notice")).toMatchObject({
    message: expect.stringContaining("Without a winner, and so not taught: harmless 50 %.") as string,
  });
  expect(metricsOf(events)[0]).toMatchObject({ "data/pairs": 40, "data/missing/harmless": 0.5 });
});

test("a masked label teaches what a tie does: nothing", async () => {
  const config = await runOn((pair, row) => (row % 2 === 0 ? only(["helpful"], pair) : pair), {
    missingLabels: "mask",
  });
  const masked = metricsOf(await collect(train(config))).slice(1);
  const ties = await runOn((pair, row) => (row % 2 === 0 ? tied(["harmless"], pair) : pair), {});
  expect(metricsOf(await collect(train({ ...ties, output: join(folder.path, "ties") }))).slice(1)).toEqual(masked);
});

test("a pair without a winner on any objective is refused even so", async () => {
  const config = await runOn((pair, row) => (row === 2 ? only([], pair) : pair), { missingLabels: "mask" });
  await expect(collect(train(config))).rejects.toThrow('no winner for objective "helpful"');
});

test("winners on an objective that the run does not have are named", async () => {
  const more = (pair: PreferencePair): unknown => ({ ...pair, winners: { ...pair.winners, witty: 0 } });
  const events = await collect(train(await runOn(more, { steps: 1 })));
  expect(events.find((event) => event.type === "notice")).toMatchObject({
    message: expect.stringContaining("Winners on witty are not used: the run has no such objective.") as string,
  });
});

const nothing = (path: string, names: string): string =>
  `None of the 40 pairs of ${path} has a winner on ${names}, and ties teach nothing. Give pairs that differ, or train by the margins of their scores (recipe guided).`;

test("pairs that are all tied are refused; of an adapter for each objective, tied on its own", async () => {
  const all = await runOn((pair) => tied(["helpful", "harmless"], pair), {});
  await expect(collect(train(all))).rejects.toThrow(nothing(all.pairs, "helpful, harmless"));
  const one = await runOn((pair) => tied(["harmless"], pair), { method: "dpo" });
  await expect(collect(train(one))).rejects.toThrow(nothing(one.pairs, "harmless"));
  const mixed = TrainingConfig.parse({ ...one, method: "uniarm", steps: 1 }); // it still learns the other objective
  expect((await collect(train(mixed))).at(-1)?.type).toBe("finished");
});

test("weights of objectives change what is learnt of them", async () => {
  const lossesAt = async (name: string, objectiveWeights: Record<string, number>): Promise<number[]> => {
    const config = await tinyRun(folder.path, { objectiveWeights, output: join(folder.path, name) });
    return metricsOf(await collect(train(config))).flatMap(({ loss }) => loss ?? []);
  };
  const plain = await lossesAt("plain", { helpful: 1 });
  const doubled = await lossesAt("doubled", { helpful: 2, harmless: 2 });
  expect(doubled[0]! / plain[0]!).toBeCloseTo(2, 5);
  expect((await lossesAt("one", { helpful: 3 }))[0]).not.toBeCloseTo(plain[0]!, 3);
});

test("an empty response is its end alone, and is trained on; one that the limit would cut leaves its pair out", async () => {
  const config = await runOn(
    (pair, row) => ({ ...pair, responses: [["", pair.responses[0], "yes ".repeat(60)][row % 3], pair.responses[1]] }),
    { steps: 2, method: "dpo" },
  );
  const events = await collect(train(config));
  expect(events).toContainEqual({
    type: "notice",
    code: "pairs-left-out",
    message: "13 of 52 pairs are longer than 128 tokens and were left out.",
  });
  expect(events.at(-1)?.type).toBe("finished");
});

test("a metric that the held-out pairs cannot show is refused before the run begins, with what they do", async () => {
  const config = await tinyRun(folder.path, { keepBest: "validation/loss/harmless", steps: 1 });
  await writeFile(config.validationPairs!, jsonLines(tinyPairs(4).map((pair) => tied(["harmless"], pair))));
  await expect(collect(train(config))).rejects.toThrow(
    `keepBest looks at validation/loss/harmless, which the pairs of ${config.validationPairs} cannot show: none of them counts for it. They show validation/loss, validation/accuracy, validation/loss/helpful, validation/accuracy/helpful;`,
  );
});
