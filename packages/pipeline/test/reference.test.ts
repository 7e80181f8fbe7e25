import { describe, expect, test } from "vitest";
import { parseReference, planLaunch, referencesIn, replaceReferences, type WorkKind } from "../src/schema/index.ts";

const objectives = [{ name: "helpful", description: "be helpful" }];
const train = { model: "base", pairs: "input:pairs", objectives, output: "output" };

describe("a reference", () => {
  test.each([
    ["input:pairs", { type: "input", name: "pairs" }],
    ["dataset:my pairs: v2", { type: "dataset", name: "my pairs: v2" }],
    ["checkpoint:a1b2", { type: "checkpoint", id: "a1b2" }],
    ["tiny-world:quick", { type: "tiny-world", name: "quick" }],
    ["tiny-world:validation", { type: "tiny-world-prompts", count: null }],
    ["tiny-world:100", { type: "tiny-world-prompts", count: 100 }],
    ["models/llama", { type: "path", path: "models/llama" }],
    ["/data/a:b", { type: "path", path: "/data/a:b" }],
    ["./input:pairs", { type: "path", path: "./input:pairs" }],
    ["C:\\models", { type: "path", path: "C:\\models" }],
  ])("%s is read", (text, reference) => {
    expect(parseReference(text)).toEqual(reference);
  });

  test.each([
    ["datasets:pairs", "did you mean dataset:pairs? A path of this name is written ./datasets:pairs"],
    ["tinyworld:default", "did you mean tiny-world:default?"],
    ["input:", "input: needs a name after the colon"],
    ["tiny-world:large", "tiny-world ships the base models tiny-world:default and tiny-world:quick"],
  ])("%s is refused with the way out", (text, sentence) => {
    expect(() => parseReference(text)).toThrow(sentence);
  });
});

describe("a setting that refers to something", () => {
  test("refuses what cannot stand there, and its help says what can", () => {
    expect(() => planLaunch("train", { ...train, pairs: "checkpoint:abc" })).toThrow(
      "pairs: checkpoint:abc cannot stand here: it is a path where the job runs, input:NAME of another run, or dataset:NAME",
    );
  });

  test("is found wherever it stands in a config, and nothing else is", () => {
    const named = (kind: WorkKind, config: unknown): string[] =>
      referencesIn(kind, planLaunch(kind, config).config).map((reference) => JSON.stringify(reference));
    expect(named("train", { ...train, validationPairs: "dataset:held-out" })).toEqual([
      '{"type":"path","path":"base"}',
      '{"type":"input","name":"pairs"}',
      '{"type":"dataset","name":"held-out"}',
    ]);
    // a description that reads like a reference is text
    const described = { ...train, objectives: [{ name: "a", description: "dataset:not-one" }] };
    expect(named("train", described).join()).not.toContain("not-one");
    const rewardModels = [{ objective: "a", model: "dataset:judge" }];
    const score = { generations: ["input:generations", "rows.jsonl"], scorer: { type: "reward-models", rewardModels } };
    expect(named("score", score)).toEqual([
      '{"type":"input","name":"generations"}',
      '{"type":"path","path":"rows.jsonl"}',
      '{"type":"dataset","name":"judge"}',
    ]);
  });

  test("is replaced in place: in a list by all of its files, elsewhere by the first", () => {
    const score = { generations: ["input:generations", "rows.jsonl"], scorer: { type: "tiny-world", objectives: 2 } };
    const places = (): string[] => ["one", "two"];
    expect(replaceReferences("score", score, places)).toEqual({
      generations: ["one", "two", "one", "two"],
      scorer: { type: "tiny-world", objectives: 2 },
    });
    expect(replaceReferences("train", train, places)).toEqual({ ...train, model: "one", pairs: "one" });
  });
});
