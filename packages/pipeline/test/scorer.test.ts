import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readJsonLines } from "@uniarm/core";
import { Score } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { tinyWorldModel } from "@uniarm/tiny-world";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runGraph } from "../src/index.ts";
import { planLaunch, readConfig, type JobNode } from "../src/schema/index.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const objectives = [{ name: "helpful", description: "Give useful steps." }];
const problemsOf = (kind: "study" | "train", config: object): string[] =>
  readConfig(kind, config).problems.map(({ at, message }) => `${at}: ${message}`);

test("a job trains a scorer, and the next one scores with what it puts out", async () => {
  const model = tinyWorldModel("quick");
  const written = async (name: string, rows: readonly object[]): Promise<string> => {
    const path = join(folder.path, name);
    await writeFile(path, rows.map((row) => JSON.stringify(row)).join("\n"));
    return path;
  };
  const texts = ["Wipe the lamp with a soft cloth.", "Maybe."];
  const pairs = await written(
    "pairs.jsonl",
    Array.from({ length: 8 }, () => ({
      prompt: "How do I clean the lamp?",
      responses: texts,
      winners: { helpful: 0 },
    })),
  );
  const answer = { prompt: "How do I clean the lamp?", preference: [1], sample: 0, tokenIds: [], finish: "eos" };
  const generations = await written(
    "generations.jsonl",
    texts.map((text, index) => ({ ...answer, promptId: `p${index}`, text, logProbNats: 0 })),
  );
  const training = { method: "scorer", model, pairs, objectives, steps: 4, batchPairs: 4 };
  const optimizer = { learningRate: 0.01, warmupSteps: 1 };
  const rewardModels = [{ objective: "helpful", model: "input:scorer" }];
  const nodes: JobNode[] = [
    { name: "train", kind: "train", config: { ...training, optimizer }, inputs: {} },
    {
      name: "score",
      kind: "score",
      config: { generations: [generations], scorer: { type: "reward-models", rewardModels } },
      inputs: { scorer: [{ node: "train", output: "scorer" }] },
    },
  ];
  const out = join(folder.path, "out");
  const { signal } = new AbortController();
  const puts: string[] = [];
  for await (const { node, event } of runGraph(nodes, { folder: out, signal }))
    if (event.type === "artifact") puts.push(`${node.name}: ${event.name}`);
  expect(puts).toEqual(["train: checkpoint", "train: scorer", "score: scores"]);
  const scores = await readJsonLines(join(out, "score", "scores.jsonl"), Score);
  const [good, bad] = scores.map(({ rewards }) => rewards.helpful!);
  expect(good).toBeGreaterThan(bad!);
});

test("a study measures answers, and refuses a scorer among its methods", () => {
  expect(problemsOf("study", { methods: [{ name: "one", training: { method: "scorer" } }] })).toEqual([
    "methods[0].training.method: a scorer answers nothing that a study could measure: train it by itself, and name its model folder among rewardModels",
  ]);
});

test("a scorer has no rounds of its own answers", () => {
  const exploration = { scorer: { type: "tiny-world", objectives: 2 }, rounds: 1, roundSteps: 1, roundPrompts: 2 };
  const training = { method: "scorer", model: "tiny-world:quick", pairs: "p.jsonl", objectives };
  expect(problemsOf("train", { ...training, exploration })).toContain(
    "exploration: rounds train on answers of what is trained, and a scorer answers nothing: leave them out",
  );
  expect(planLaunch("train", training).config).toMatchObject({ method: "scorer" });
});
