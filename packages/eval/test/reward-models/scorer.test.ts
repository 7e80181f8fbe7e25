import { appendFile, cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openEngine } from "@uniarm/core";
import { RewardModelConfig, type Generation } from "@uniarm/core/schema";
import { byteTokenizerFiles, collect, expectNoTensorLeak, temporaryFolder } from "@uniarm/core/testing";
import { openScoreCache } from "../../src/reward-models/cache.ts";
import { openRewardModels } from "../../src/reward-models/scorer.ts";
import { score } from "../../src/score.ts";

let folder: string;
let remove: () => Promise<void>;
let configs: RewardModelConfig[];

/** A golden scorer made to read bytes: its ids are cut to its vocabulary by the texts used here. */
async function readable(name: string): Promise<string> {
  const target = join(folder, name);
  await cp(join(import.meta.dirname, "..", "golden", "scorers", name), target, { recursive: true });
  const { tokenizer, config } = byteTokenizerFiles();
  await writeFile(join(target, "tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(join(target, "tokenizer_config.json"), JSON.stringify(config));
  return target;
}

beforeEach(async () => {
  await openEngine();
  ({ path: folder, remove } = await temporaryFolder());
  configs = [
    { objective: "helpful", model: await readable("beaver-reward") },
    { objective: "harmless", model: await readable("beaver-cost") },
    { objective: "fluent", model: await readable("gpt2-1"), batchTokens: 200 },
  ].map((config) => RewardModelConfig.parse(config));
});
afterEach(() => remove());

const requests = Array.from({ length: 12 }, (_, index) => ({
  prompt: `Q${index % 3}?`,
  response: "yes ".repeat(1 + (index % 5)),
}));

test("several reward models are one scorer; equal requests are scored once, and nothing is scored twice", async () => {
  await expectNoTensorLeak(async () => {
    const cache = join(folder, "deep", "cache.jsonl");
    const first = await openRewardModels(configs, { cache });
    const rewards = await first.score(requests);
    await first.dispose();
    expect(rewards).toHaveLength(12);
    expect(Object.keys(rewards[0]!)).toEqual(["helpful", "harmless", "fluent"]);
    expect(rewards.flatMap((row) => Object.values(row)).every(Number.isFinite)).toBe(true);
    expect(first.counts.scored).toBe(3 * 12); // all (prompt, response) pairs differ
    const again = await openRewardModels(configs, { cache });
    expect(await again.score([...requests, requests[0]!])).toEqual([...rewards, rewards[0]]);
    await again.dispose();
    expect(again.counts).toEqual({ scored: 0, cached: 3 * 13, truncated: 0 });
  });
});

test("a scorer reads the turns of a prompt that has several, and a score keeps them apart from a text of one turn", async () => {
  const [helpful] = configs;
  const messages = [
    { role: "user" as const, content: "Hi" },
    { role: "assistant" as const, content: "Hello." },
    { role: "user" as const, content: "More?" },
  ];
  const prompt = "\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: More?\n\nAssistant:";
  const scorer = await openRewardModels([{ ...helpful!, format: "plain" }]);
  const [turns, text, again] = await scorer.score([
    { prompt, messages, response: "Yes." },
    { prompt, response: "Yes." },
    { prompt: "Another text of the same dialogue", messages, response: "Yes." },
  ]);
  await scorer.dispose();
  expect(turns).not.toEqual(text);
  expect(again).toEqual(turns);
  expect(scorer.counts.scored).toBe(2);

  const transcripts = await openRewardModels([{ ...helpful!, format: "hh" }]); // reads a transcript as its turns
  const [asTurns, asText] = await transcripts.score([
    { prompt, messages, response: "Yes." },
    { prompt, response: "Yes." },
  ]);
  await transcripts.dispose();
  expect(asTurns).toEqual(asText);
});

test("a score does not depend on what else is in the batch", async () => {
  const [one, all] = [
    configs.map((config) => ({ ...config, batchTokens: 1 })),
    configs.map((config) => ({ ...config, batchTokens: 100_000 })),
  ];
  const [alone, together] = [await openRewardModels(one), await openRewardModels(all)];
  const [left, right] = [await alone.score(requests), await together.score(requests)];
  await Promise.all([alone.dispose(), together.dispose()]);
  left.forEach((row, index) => {
    for (const [name, value] of Object.entries(row)) expect(value).toBeCloseTo(right[index]![name]!, 4);
  });
});

test("a cost stays a cost in the scorer and is turned in the scores", async () => {
  const scorer = await openRewardModels(configs.slice(0, 2));
  expect(scorer.objectives).toEqual([
    { name: "helpful", direction: "maximize" },
    { name: "harmless", direction: "minimize" },
  ]);
  const [request] = requests;
  const [raw] = await scorer.score([request!]);
  const generation: Generation = {
    promptId: "a",
    prompt: request!.prompt,
    preference: [0.5, 0.5],
    sample: 0,
    text: request!.response,
    tokenIds: [1],
    finish: "eos",
    logProbNats: -1,
  };
  const objectives = scorer.objectives.map((objective) => ({ ...objective, description: objective.name }));
  const [turned] = await collect(score([generation], scorer.score, objectives));
  expect(turned!.rewards).toEqual({ helpful: raw!.helpful, harmless: -raw!.harmless! });
  await scorer.dispose();
});

test("a normaliser and truncation are part of what a score is", async () => {
  const [helpful] = configs;
  const cache = join(folder, "cache.jsonl");
  const run = async (config: RewardModelConfig): Promise<{ value: number; truncated: number; scored: number }> => {
    const scorer = await openRewardModels([config], { cache });
    const [row] = await scorer.score(requests.slice(0, 1));
    await scorer.dispose();
    return { value: row!.helpful!, ...scorer.counts };
  };
  const plain = await run(helpful!);
  const normal = await run({ ...helpful!, normaliser: { mean: 1, deviation: 2 } });
  const short = await run({ ...helpful!, maxTokens: 6 });
  expect(normal.value).toBeCloseTo((plain.value - 1) / 2, 5);
  expect([plain.scored, normal.scored, short.scored]).toEqual([1, 1, 1]);
  expect([plain.truncated, short.truncated]).toEqual([0, 1]);
  expect(short.value).not.toBeCloseTo(plain.value, 3);
});

test("a cache whose last line was cut off goes on from the line before", async () => {
  const path = join(folder, "cache.jsonl");
  const cache = await openScoreCache(path);
  await cache.add("m", [
    { text: "a", score: 1 },
    { text: "b", score: -2.5 },
  ]);
  await cache.close();
  await appendFile(path, '["halfa');
  const again = await openScoreCache(path);
  expect([again.get("m", "a"), again.get("m", "b"), again.get("n", "a"), again.size]).toEqual([1, -2.5, undefined, 2]);
  await again.add("m", [{ text: "c", score: 3 }]);
  await again.close();
  const third = await openScoreCache(path);
  expect([third.get("m", "c"), third.size]).toEqual([3, 3]);
  await third.close();
  expect((await readFile(path, "utf8")).split("\n")).toHaveLength(4);
});

test.each([
  ["rows of something else", '{"promptId": "p"}\n{"promptId": "q"}\n'],
  ["a text without a line end", "notes of mine"],
])("a file with %s is no cache: it is refused and left as it is", async (_, content) => {
  const path = join(folder, "foreign.jsonl");
  await writeFile(path, content);
  await expect(openScoreCache(path)).rejects.toThrow(`${path} is not a cache of scores, and is left as it is`);
  expect(await readFile(path, "utf8")).toBe(content);
});

test("a cache that was cut in its first line begins again", async () => {
  const path = join(folder, "cut.jsonl");
  await writeFile(path, '["hal');
  const cache = await openScoreCache(path);
  await cache.add("m", [{ text: "a", score: 1 }]);
  await cache.close();
  const again = await openScoreCache(path);
  expect([again.get("m", "a"), again.size]).toEqual([1, 1]);
  await again.close();
});

test("a cache with a damaged line keeps the lines before it", async () => {
  const path = join(folder, "cache.jsonl");
  const cache = await openScoreCache(path);
  await cache.add("m", [{ text: "a", score: 1 }]);
  await cache.close();
  await appendFile(path, '["half\n["whole",2]\n');
  const again = await openScoreCache(path);
  expect([again.get("m", "a"), again.size]).toEqual([1, 1]);
  await again.add("m", [{ text: "b", score: 2 }]);
  await again.close();
  expect((await readFile(path, "utf8")).split("\n")).toHaveLength(3);
});
