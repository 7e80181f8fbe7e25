import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, describe, test } from "vitest";
import { openEngine, readConfigJson } from "@uniarm/core";
import { RewardModelConfig } from "@uniarm/core/schema";
import { expectNoTensorLeak } from "@uniarm/core/testing";
import { openCausalModel } from "../../src/reward-models/causal-model.ts";
import { openEncoderModel } from "../../src/reward-models/encoder-model.ts";
import { kindOf } from "../../src/reward-models/kinds.ts";
import { openRewardModel } from "../../src/reward-models/open.ts";
import type { ScoredRow } from "../../src/reward-models/scored-model.ts";

interface Padded {
  input_ids: number[][];
  attention_mask: number[][];
}
interface Golden {
  tolerance: { abs: number };
  right_padded: Padded;
  left_padded: Padded;
  scores?: number[][];
  end_scores?: number[][];
  end_scores_before_normalisation?: number[][];
  ends_in_pad?: { input_ids: number[][]; scores: number[][] };
}
interface EncoderGolden {
  tolerance: { abs: number };
  texts: string[];
  input_ids: number[][];
  scores: number[][];
  probabilities: number[][];
}

const folderOf = (name: string): string => join(import.meta.dirname, "..", "golden", "scorers", name);
const goldenOf = <T>(name: string): T => JSON.parse(readFileSync(join(folderOf(name), "expect.json"), "utf8")) as T;
const config = (model: string, more: object = {}): RewardModelConfig =>
  RewardModelConfig.parse({ objective: "reward", model: folderOf(model), format: "plain", ...more });

/** The real tokens of each row. */
const rowsOf = ({ input_ids: ids, attention_mask: mask }: Padded): ScoredRow[] =>
  ids.map((row, index) => ({ ids: row.filter((_, column) => mask[index]![column] === 1) }));
const unpadded = (ids: readonly number[][]): ScoredRow[] => ids.map((row) => ({ ids: row }));

function expectNear(actual: number[][], expected: number[][], tolerance: number): void {
  expect(actual.map((row) => row.length)).toEqual(expected.map((row) => row.length));
  const differences = actual.flatMap((row, index) => row.map((value, at) => Math.abs(value - expected[index]![at]!)));
  expect(Math.max(...differences)).toBeLessThanOrEqual(tolerance);
}

await openEngine();

describe.each(["llama-1", "gpt2-1", "gpt2-2", "beaver-reward", "beaver-cost"])("the reward model %s", (name) => {
  const golden = goldenOf<Golden>(name);
  const before = golden.end_scores_before_normalisation ?? golden.end_scores ?? golden.scores!;

  test("scores rows padded at the right and at the left as the reference does", async () => {
    const { kind, json } = kindOf(await readConfigJson(folderOf(name)), folderOf(name));
    await expectNoTensorLeak(async () => {
      const model = await openCausalModel(folderOf(name), kind, json, "float32");
      const rows = rowsOf(golden.right_padded);
      expect(rowsOf(golden.left_padded)).toEqual(rows);
      expectNear(await model.score(rows, "right"), before, golden.tolerance.abs);
      expectNear(await model.score(rows, "left"), before, golden.tolerance.abs);
      for (const [index, row] of rows.entries())
        expectNear(await model.score([row]), [before[index]!], golden.tolerance.abs);
      model.dispose();
    });
  });

  test.runIf(golden.ends_in_pad)("reads a row that ends in the padding id where Hugging Face reads it", async () => {
    const { kind, json } = kindOf(await readConfigJson(folderOf(name)), folderOf(name));
    const model = await openCausalModel(folderOf(name), kind, json, "float32");
    expectNear(
      await model.score(unpadded(golden.ends_in_pad!.input_ids)),
      golden.ends_in_pad!.scores,
      golden.tolerance.abs,
    );
    model.dispose();
  });
});

test.each([
  ["beaver-reward", "maximize"],
  ["beaver-cost", "minimize"],
] as const)("%s is normalised as it was saved and its direction is known", async (name, direction) => {
  const golden = goldenOf<Golden>(name);
  const { kind, json } = kindOf(await readConfigJson(folderOf(name)), folderOf(name));
  const model = await openCausalModel(folderOf(name), kind, json, "float32");
  const { mean, deviation } = model.stored ?? { mean: 0, deviation: 1 };
  const scores = await model.score(rowsOf(golden.right_padded));
  model.dispose();
  expect(json.score_type === "cost" ? "minimize" : "maximize").toBe(direction);
  expectNear(
    scores.map(([score]) => [(score! - mean) / deviation]),
    golden.end_scores!,
    golden.tolerance.abs,
  );
});

describe("the encoder distilbert-2", () => {
  const golden = goldenOf<EncoderGolden>("distilbert-2");

  test("scores a padded batch as the reference does", async () => {
    await expectNoTensorLeak(async () => {
      const model = await openEncoderModel(folderOf("distilbert-2"));
      expectNear(await model.score(unpadded(golden.input_ids)), golden.scores, golden.tolerance.abs);
      model.dispose();
    });
  });

  test("reads a response alone and gives the probability of a label by its name", async () => {
    const model = await openRewardModel(
      config("distilbert-2", { format: "auto", label: "HUMOR", output: "probability" }),
    );
    const read = golden.texts.map((text) => model.read("ignored", text));
    expect(read.map(({ ids }) => ids)).toEqual(golden.input_ids);
    expect(read.map(({ text }) => text)).toEqual(golden.texts);
    const scores = await model.score(read);
    expectNear(
      scores.map((score) => [score]),
      golden.probabilities.map(([, humor]) => [humor!]),
      golden.tolerance.abs,
    );
    model.dispose();
  });

  test("a text longer than the context keeps its beginning and its end token", async () => {
    const model = await openRewardModel(config("distilbert-2", { format: "auto", label: 1, maxTokens: 5 }));
    const { ids, truncated } = model.read("", golden.texts[3]!);
    expect(truncated).toBe(true);
    expect(ids).toEqual([...golden.input_ids[3]!.slice(0, 4), golden.input_ids[3]!.at(-1)]);
    model.dispose();
  });
});

test("a classifier of several labels is not guessed at", async () => {
  await expect(openRewardModel(config("distilbert-2", { format: "auto" }))).rejects.toThrow(
    'has several labels: 0 "NO_HUMOR", 1 "HUMOR". Set label',
  );
  await expect(openRewardModel(config("distilbert-2", { format: "auto", label: "FUN" }))).rejects.toMatchObject({
    code: "reward-model-label",
  });
});

test("a model that is no reward model is refused with those that are", () => {
  expect(() => kindOf({ architectures: ["LlamaForCausalLM"] }, "somewhere")).toThrow(
    /config\.json of somewhere names the architecture "LlamaForCausalLM"; supported reward models are LlamaForSequenceClassification/,
  );
  expect(() => kindOf({ architectures: ["constructor"] }, "somewhere")).toThrow(
    /names the architecture "constructor"; supported reward models are/,
  );
  expect(() => kindOf({}, "somewhere")).toThrow(/names no architecture/);
});
