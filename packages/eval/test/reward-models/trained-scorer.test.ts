import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { classifierClass, openEngine } from "@uniarm/core";
import { MODEL_TYPES, RewardModelConfig, type ModelType, type ScoringRequest } from "@uniarm/core/schema";
import { temporaryFolder, writeTinyModel, writeTinyScorer } from "@uniarm/core/testing";
import { REWARD_MODEL_KINDS } from "../../src/reward-models/kinds.ts";
import { openRewardModel } from "../../src/reward-models/open.ts";
import { openRewardModels } from "../../src/reward-models/scorer.ts";

interface Golden {
  rows: ScoringRequest[];
  input_ids: number[][];
  scores: number[][];
  tolerance: { abs: number };
}
const LABELS = ["helpful", "harmless"];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  await openEngine();
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

describe.each(["llama", "mistral", "qwen2", "qwen3"] as const)("a scorer that was trained here on %s", (modelType) => {
  test("is written as what transformers reads and scores alike", async () => {
    const path = join(import.meta.dirname, "..", "golden", "trained-scorer", `${modelType}.json`);
    const { rows, input_ids: ids, scores, tolerance } = JSON.parse(readFileSync(path, "utf8")) as Golden;
    const model = join(folder.path, "scorer");
    await writeTinyScorer(model, LABELS, modelType === "llama" ? {} : { config: { modelType } });
    for (const [column, label] of LABELS.entries()) {
      const reader = await openRewardModel(RewardModelConfig.parse({ objective: label, model, label }));
      const read = rows.map(({ prompt, response }) => reader.read(prompt, response));
      expect(read.map((row) => row.ids)).toEqual(ids);
      const own = await reader.score(read);
      own.forEach((score, row) => expect(Math.abs(score - scores[row]![column]!)).toBeLessThan(tolerance.abs));
      reader.dispose();
    }
  });
});

test("how it read its dialogues is read with it, and may be said otherwise", async () => {
  const model = join(folder.path, "scorer");
  await writeTinyScorer(model, LABELS);
  const path = join(model, "config.json");
  const json = JSON.parse(await readFile(path, "utf8")) as object;
  await writeFile(path, JSON.stringify({ ...json, uniarm: { promptFormat: "plain", templateVars: {} } }));
  const textOf = async (format: string): Promise<string> => {
    const config = RewardModelConfig.parse({ objective: "helpful", model, label: "helpful", format });
    const reader = await openRewardModel(config);
    reader.dispose();
    return reader.read("Why?", "So.").text;
  };
  expect(await textOf("auto")).toBe("Why? So.");
  expect(await textOf("hh")).toBe("\n\nHuman: Why?\n\nAssistant: So.");
});

test("one folder scores several objectives, each by its label", async () => {
  const model = join(folder.path, "scorer");
  await writeTinyScorer(model, LABELS);
  const configs = LABELS.map((label) => RewardModelConfig.parse({ objective: label, model, label }));
  const scorer = await openRewardModels(configs);
  const [rewards] = await scorer.score([{ prompt: "Why?", response: "So." }]);
  expect(Object.keys(rewards!)).toEqual(LABELS);
  expect(rewards!.helpful).not.toBeCloseTo(rewards!.harmless!, 3);
  await scorer.dispose();
});

test("whatever class a scorer is written as, reward models of that class are read", async () => {
  const model = join(folder.path, "model");
  await writeTinyModel(model);
  const path = join(model, "config.json");
  const json = JSON.parse(await readFile(path, "utf8")) as object;
  const classOf = async (modelType: ModelType): Promise<string | null> => {
    await writeFile(path, JSON.stringify({ ...json, model_type: modelType }));
    return classifierClass(model).catch((error: unknown) => {
      expect((error as { code?: string }).code, String(error)).toBe("scorer-base-unsupported");
      return null;
    });
  };
  const none: ModelType[] = [];
  for (const modelType of MODEL_TYPES) {
    const name = await classOf(modelType);
    if (name === null) none.push(modelType);
    else expect(REWARD_MODEL_KINDS[name]).toMatchObject({ backbone: "causal", pooling: "last-non-pad", head: "score" });
  }
  expect(none).toEqual(["olmo3", "granite"]);
});
