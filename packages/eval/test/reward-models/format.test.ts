import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RewardModelConfig } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { kindOf } from "../../src/reward-models/kinds.ts";
import { openRewardModel } from "../../src/reward-models/open.ts";
import { pairReader } from "../../src/reward-models/pair-reader.ts";
import { rewardFunction } from "../../src/reward-models/reward-function.ts";
import type { ScoredModel } from "../../src/reward-models/scored-model.ts";
import { combinationsOf, writeDrawnEncoder, type DrawnEncoder } from "../support/drawn-encoder.ts";
import { expectRefusal } from "../support/refusal.ts";

const [bert] = combinationsOf<DrawnEncoder & { tokenizer: object }>("encoder-pairs.jsonl");

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
  await writeDrawnEncoder(folder.path, bert!, bert!.tokenizer);
});
afterEach(() => folder.remove());

const config = (more: object): RewardModelConfig =>
  RewardModelConfig.parse({ objective: "good", model: folder.path, ...more });

test("an encoder of one label is not guessed at: it may read the response alone, or prompt and response", async () => {
  await expectRefusal(
    () => openRewardModel(config({})),
    "reward-model-format",
    `The encoder ${folder.path} has one label, and its files do not say what it reads. Set format to pair where it scores a prompt with its response ` +
      "(reward models, cross-encoders: tokenizer(prompt, response)), or to response where it scores a text by itself.",
  );
  for (const format of ["pair", "response"]) (await openRewardModel(config({ format }))).dispose();
});

test("a pair is a prompt of one turn and its response", async () => {
  const model = await openRewardModel(config({ format: "pair" }));
  const { ids, types, truncated } = model.read("a goat", "no");
  expect(ids).toHaveLength(types!.length);
  expect([types!.at(0), types!.at(-1), truncated]).toEqual([0, 1, false]);
  model.dispose();
});

test("a dialogue of several turns is no pair", async () => {
  const { kind } = kindOf({ architectures: ["BertForSequenceClassification"] }, "");
  const read = await pairReader(config({ format: "pair" }), kind);
  const turn = { role: "user", content: "a goat" } as const;
  expect(read([turn], "no")).toEqual(read("a goat", "no"));
  await expectRefusal(
    () => read([turn, { role: "assistant", content: "no" }, turn], "no"),
    "reward-model-turns",
    `The reward model ${folder.path} reads one prompt beside its response (format pair), but was given a dialogue of 3 messages. ` +
      "Score prompts of one turn with it, or write the turns into one prompt as it was trained on them.",
  );
});

test.each([
  [{ tokenizer_class: "BertTokenizerFast" }, true],
  [{ tokenizer_class: "DebertaV2Tokenizer" }, true],
  [{ tokenizer_class: "PreTrainedTokenizerFast" }, false],
  [{ tokenizer_class: "PreTrainedTokenizerFast", model_input_names: ["input_ids", "token_type_ids"] }, true],
  [{ tokenizer_class: "BertTokenizer", model_input_names: ["input_ids", "attention_mask"] }, false],
  [{}, true], // BERT's own
])("with %j in tokenizer_config.json the model is told the texts of a pair apart: %s", async (json, isTold) => {
  await writeFile(join(folder.path, "tokenizer_config.json"), JSON.stringify(json));
  const { kind } = kindOf({ architectures: ["BertForSequenceClassification"] }, "");
  const { types } = (await pairReader(config({ format: "pair" }), kind))("a goat", "no");
  expect(types?.includes(1) ?? false).toBe(isTold);
});

test("a pair that is too long loses the end of the response and keeps the closing token", async () => {
  const model = await openRewardModel(config({ format: "pair", maxTokens: 6 }));
  const { ids, types, truncated } = model.read("a goat", "no no no no no");
  expect([ids.length, types!.length, truncated]).toEqual([6, 6, true]);
  const [closing] = model.read("a", "b").ids.slice(-1);
  expect(ids.at(-1)).toBe(closing);
  model.dispose();
});

test("a causal reward model is not given pairs", async () => {
  const causal = { architectures: ["LlamaForSequenceClassification"], model_type: "llama" };
  await writeFile(join(folder.path, "config.json"), JSON.stringify(causal));
  await expectRefusal(
    () => openRewardModel(config({ format: "pair" })),
    "reward-model-format",
    `The reward model ${folder.path} is a LlamaForSequenceClassification, which reads one text; format pair is for encoders, which read two. Set format to auto.`,
  );
});

test.each(["LlamaForTokenClassification", "LlamaForRewardModel", "DebertaForSequenceClassification"])(
  "a %s is refused by its name with the classes that are supported",
  (name) => {
    expect(() => kindOf({ architectures: [name] }, "somewhere")).toThrow(
      `config.json of somewhere names the architecture "${name}"; supported reward models are LlamaForSequenceClassification,`,
    );
  },
);

test("a class of the folder's own code is refused with the reason", () => {
  const json = {
    architectures: ["InternLM2ForRewardModel"],
    auto_map: { AutoModel: "modeling.InternLM2ForRewardModel" },
  };
  expect(() => kindOf(json, "somewhere")).toThrow(
    " Its auto_map names code of its own, which is not run: what that code computes is not known here.",
  );
});

const model = (labels: number): ScoredModel => ({ labels, stored: null }) as ScoredModel;
const probability = { output: "probability", label: 0 };

test("labels that do not exclude each other have a probability each", () => {
  const { json } = kindOf(
    { architectures: ["BertForSequenceClassification"], problem_type: "multi_label_classification" },
    "",
  );
  expect(rewardFunction(config(probability), model(2), json)([0, 5])).toBe(0.5);
  json.problem_type = "single_label_classification";
  expect(rewardFunction(config(probability), model(2), json)([0, 5])).toBeCloseTo(1 / (1 + Math.exp(5)), 6);
});

test("a regression of several labels has no probabilities", async () => {
  const { json } = kindOf({ architectures: ["BertForSequenceClassification"], problem_type: "regression" }, "");
  await expectRefusal(
    () => rewardFunction(config(probability), model(2), json),
    "reward-model-output",
    `The reward model ${folder.path} is a regression (problem_type): its 2 labels are numbers, not probabilities. Set output to score.`,
  );
});
