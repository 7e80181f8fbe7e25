import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { byteTokenizer, collect, temporaryFolder } from "@uniarm/core/testing";
import { ObjectiveList } from "@uniarm/core/schema";
import { encodePairs, pairRows } from "../src/examples.ts";
import { pairStatistics, readPairs, train } from "../src/index.ts";
import { jsonLines, OBJECTIVES, tinyPairs, tinyRun } from "./tiny-run.ts";

const objectives = ObjectiveList.parse(OBJECTIVES);
const pair = { prompt: "q", responses: ["a", "bc"], winners: { helpful: 0, harmless: 1 } };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let path: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  path = join(folder.path, "pairs.jsonl");
});
afterEach(() => folder.remove());

test("a file of pairs is read as it was written", async () => {
  await writeFile(path, jsonLines(tinyPairs(5)));
  expect(await readPairs(path, objectives)).toEqual(tinyPairs(5));
});

test("a pair without a winner for an objective is refused by file, line and objective", async () => {
  await writeFile(path, jsonLines([pair, { ...pair, winners: { helpful: 0 } }]));
  const error = readPairs(path, objectives);
  await expect(error).rejects.toThrow(`${path}:2`);
  await expect(error).rejects.toThrow(
    'no winner for objective "harmless": winners needs 0, 1 or "tie" for each of [helpful, harmless]',
  );
});

test("a line that is not JSON is refused by file and line", async () => {
  await writeFile(path, `${jsonLines([pair, pair])}{"prompt": \n`);
  await expect(readPairs(path, objectives)).rejects.toThrow(`${path}:3`);
});

test("a file that is not there is refused", async () => {
  await expect(readPairs(path, objectives)).rejects.toThrow(
    `${path} cannot be read: there is no such file. It should be a file with one JSON value a line.`,
  );
});

test("an empty file is refused", async () => {
  await writeFile(path, "");
  await expect(readPairs(path, objectives)).rejects.toMatchObject({
    code: "pairs-empty",
    message: `${path} holds no pairs; training needs at least one line {"prompt", "responses", "winners"}.`,
  });
});

test("the statistics count conflicts among untied objectives, and ties", () => {
  const winners = [
    { helpful: 0, harmless: 1 },
    { helpful: 0, harmless: 0 },
    { helpful: "tie", harmless: 1 },
    { helpful: 1, harmless: 0 },
  ] as const;
  const pairs = winners.map((each) => ({ prompt: "q", responses: ["a", "b"] as [string, string], winners: each }));
  expect(pairStatistics(pairs, objectives)).toEqual({
    pairs: 4,
    conflictRate: 0.5,
    tieRates: { helpful: 0.25, harmless: 0 },
    missingRates: {},
    others: [],
  });
});

test("a pair becomes the ids of its prompt and responses, the first responses before the second", () => {
  const { examples } = encodePairs(
    [{ ...pair, responses: ["a", "bc"], winners: { helpful: 0, harmless: "tie" } }],
    byteTokenizer(),
    {
      objectives,
      ties: "ignore",
      maxTokens: 100,
    },
  );
  const rows = pairRows(examples, 257);
  const bytes = (text: string): number[] => [...Buffer.from(text)];
  expect(rows.ids).toEqual([
    [...bytes("Q: q A: a"), 257, 257],
    [...bytes("Q: q A: bc"), 257],
  ]);
  expect(rows.responseStart).toEqual([7, 7]);
  expect(rows.length).toEqual([10, 11]);
  expect(examples[0]).toMatchObject({ signs: [1, 0], scores: null, length: 11 });
});

test("pairs that are too long are left out and counted", async () => {
  const config = await tinyRun(folder.path, { steps: 1 });
  await writeFile(config.pairs, jsonLines([...tinyPairs(4), { ...pair, responses: ["a", "b".repeat(200)] }]));
  expect(await collect(train(config))).toContainEqual({
    type: "notice",
    code: "pairs-left-out",
    message: "1 of 17 pairs are longer than 128 tokens and were left out.",
  });
});

test("pairs that are all too long are refused with the limit", async () => {
  const config = await tinyRun(folder.path, { maxLengthTokens: 5 });
  await expect(collect(train(config))).rejects.toThrow(
    `All 40 pairs of ${config.pairs} are longer than 5 tokens. Raise maxLengthTokens (the model's context is 128) or give shorter pairs.`,
  );
});

test("the global loss G2 asks for scores", async () => {
  const config = await tinyRun(folder.path, { globalLoss: "G2", globalWeight: 0.5 });
  await writeFile(config.pairs, jsonLines([pair]));
  await expect(collect(train(config))).rejects.toThrow(
    `Global loss G2 weighs score differences, but ${config.pairs} has pairs without a score for each objective. Add scores, or set globalLoss to G1.`,
  );
});
