import { expect, test } from "vitest";
import type { PreferencePair, Scorer } from "@uniarm/core/schema";
import { collect } from "@uniarm/core/testing";
import { TextSet } from "../src/hash-set.ts";
import { pairsFromResponses } from "../src/pairs-from-responses.ts";
import { relabel } from "../src/relabel.ts";
import { parseSplit, partOf } from "../src/split.ts";
import { dataStats } from "../src/stats.ts";

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}
const pair = (
  prompt: string,
  winners: PreferencePair["winners"],
  more: Partial<PreferencePair> = {},
): PreferencePair => ({
  prompt,
  responses: ["one", "other"],
  winners,
  ...more,
});

test("conflicts, ties, duplicates, margins and agreement are counted", async () => {
  const stats = await dataStats(
    from([
      pair("a", { help: 0, safe: 1 }, { scores: { help: [3, 1], safe: [0, 4] } }),
      pair("a", { help: 0, safe: 1 }),
      pair("b", { help: 0, safe: 0 }),
      pair("c", { help: "tie", safe: 1 }, { responses: ["same", "same"] }),
      pair("cc", { help: 1 }),
    ]),
    ({ prompt, responses }) => ({
      prompt: prompt.length + 1,
      responses: [responses[0].length, responses[1].length + 1],
    }),
  );
  expect(stats).toMatchObject({
    pairs: 5,
    conflictRate: 2 / 5,
    prompts: 4,
    duplicates: { prompts: 1, pairs: 1, responses: 1 },
    objectives: {
      help: { pairs: 5, tieRate: 1 / 5, firstWins: 3 / 4, margin: { mean: 2, p50: 2, max: 2 } },
      safe: { pairs: 4, tieRate: 0, firstWins: 1 / 4, margin: { mean: 4 } },
    },
    agreement: { help: { safe: 1 / 3 } },
    lengths: {
      promptCharacters: { mean: 6 / 5, max: 2 },
      promptTokens: { mean: 11 / 5 },
      sequenceTokens: { mean: 8, max: 9 },
      responseCharacters: { p50: 4 },
    },
  });
});

test("nothing has no conflicts", async () => {
  expect(await dataStats(from([]))).toMatchObject({ pairs: 0, conflictRate: 0, lengths: {}, objectives: {} });
});

test("a set of texts finds every repetition and no other, past several growths", () => {
  const set = new TextSet();
  const texts = Array.from({ length: 20_000 }, (_, index) => `text ${index}`);
  expect(texts.every((text) => set.add(text))).toBe(true);
  expect(texts.some((text) => set.add(text))).toBe(false);
  expect(set.size).toBe(20_000);
});

test("a split sends every prompt to one part, by the seed, close to the shares", () => {
  const split = parseSplit("train=0.8, validation=0.1,test=.1");
  const prompts = Array.from({ length: 20_000 }, (_, index) => `prompt ${index}`);
  const parts = prompts.map((prompt) => partOf(prompt, split, 7));
  for (const { name, share } of split) {
    const found = parts.filter((part) => part === name).length / prompts.length;
    expect(Math.abs(found - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / prompts.length)); // four deviations
  }
  expect(prompts.map((prompt) => partOf(`  ${prompt.toUpperCase()}\n`, split, 7))).toEqual(parts);
  expect(prompts.map((prompt) => partOf(prompt, split, 8))).not.toEqual(parts);
});

test.each(["train", "train=1.1", "train=0.5,test=0.4", "train=0.5,train=0.5", "=1", "train=-1,test=2"])(
  "the split %s is refused",
  (text) => {
    expect(() => parseSplit(text)).toThrow(/expected names and shares that sum to 1/);
  },
);

const lengthScorer: Scorer = (requests) =>
  Promise.resolve(requests.map(({ response }) => ({ long: response.length, cost: response.length })));
const objectives = [
  { name: "long", direction: "maximize" },
  { name: "cost", direction: "minimize" },
] as const;

test("relabelling takes winners and scores from the scorer, costs turned", async () => {
  const pairs = [pair("a", { old: 0 }), pair("b", { old: 0 }, { responses: ["xx", "yy"] })];
  const relabelled = await collect(relabel(from(pairs), { scorer: lengthScorer, objectives, batchPairs: 1 }));
  expect(relabelled).toEqual([
    pair("a", { long: 1, cost: 0 }, { scores: { long: [3, 5], cost: [-3, -5] } }),
    pair("b", { long: "tie", cost: "tie" }, { responses: ["xx", "yy"], scores: { long: [2, 2], cost: [-2, -2] } }),
  ]);
  const [, second] = await collect(relabel(from(pairs), { scorer: lengthScorer, objectives, ties: "second" }));
  expect(second!.winners).toEqual({ long: 1, cost: 1 });
});

test("relabelling gives the scorer the turns of a pair", async () => {
  const messages = [
    { role: "user" as const, content: "Hi" },
    { role: "assistant" as const, content: "Hello." },
    { role: "user" as const, content: "More?" },
  ];
  const asked: unknown[] = [];
  const scorer: Scorer = (requests) => {
    asked.push(...requests.map((request) => request.messages));
    return lengthScorer(requests);
  };
  await collect(relabel(from([pair("a", {}, { messages }), pair("b", {})]), { scorer, objectives }));
  expect(asked).toEqual([messages, messages, undefined, undefined]);
});

test("dialogues of one last question are not one prompt", async () => {
  const turns = (content: string): PreferencePair => pair("q", {}, { messages: [{ role: "user", content }] });
  expect(await dataStats(from([turns("a"), turns("b"), turns("a")]))).toMatchObject({
    prompts: 2,
    duplicates: { prompts: 1, pairs: 1 },
  });
});

test("pairs from responses use each response once and leave equal ones out", async () => {
  const prompts = [
    { prompt: "a", responses: ["1", "22", "1", "333", "4444", "5"] },
    { prompt: "b", responses: ["1", "1"] },
  ];
  const pairs = await collect(pairsFromResponses(from(prompts), { scorer: lengthScorer, objectives }));
  expect(pairs.map(({ responses }) => responses)).toEqual([
    ["1", "22"],
    ["333", "4444"],
  ]);
});

test("pairs from responses keep how each ended, through new labels as well, and have no empty one", async () => {
  const prompts = [
    { prompt: "a", responses: ["", "1", "22"], finishes: ["eos" as const, "length" as const, "stop" as const] },
  ];
  const pairs = await collect(pairsFromResponses(from(prompts), { scorer: lengthScorer, objectives }));
  expect(pairs).toMatchObject([{ responses: ["1", "22"], finishes: ["length", "stop"] }]);
  expect(await collect(relabel(from(pairs), { scorer: lengthScorer, objectives }))).toEqual(pairs);
  expect(await dataStats(from(pairs))).toMatchObject({ cut: 1, empty: 0 });
});

test("a scorer that gives too little, or no number, is named", async () => {
  const none: Scorer = () => Promise.resolve([]);
  const nan: Scorer = (requests) => Promise.resolve(requests.map(() => ({ long: NaN, cost: 0 })));
  await expect(collect(relabel(from([pair("a", {})]), { scorer: none, objectives }))).rejects.toThrow("gave 0 records");
  await expect(collect(relabel(from([pair("a", {})]), { scorer: nan, objectives }))).rejects.toThrow("long = NaN");
});
