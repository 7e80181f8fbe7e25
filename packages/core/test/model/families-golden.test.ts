import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rotaryFrequencies } from "../../src/layers/rotary-frequencies.ts";
import { disposeRotary, rotaryTable } from "../../src/layers/rotary.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { tokenLogProbs } from "../../src/model/log-probs.ts";
import { hashModel, readModelConfig } from "../../src/model/model-folder.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { createKvCache, forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { goldenFolder, paddingOf, readGolden, type ModelGolden } from "../support/golden.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

/**
 * A folder of models and the one whose numbers hold for it. The numbers of the half-precision ones were computed by a model
 * whose rotary frequencies had been rounded with its weights, as `model.to(dtype)` does and `from_pretrained` does not.
 */
const FAMILIES = [
  { name: "llama", numbers: "llama" },
  { name: "llama-bf16", numbers: "llama-bf16", frequencyBits: 8 },
  { name: "llama-f16", numbers: "llama-f16", frequencyBits: 11 },
  { name: "llama3", numbers: "llama3" },
  { name: "mistral", numbers: "mistral" },
  { name: "mistral-sharded", numbers: "mistral" },
  { name: "qwen2", numbers: "qwen2" },
  { name: "qwen3", numbers: "qwen3" },
  { name: "gpt2", numbers: "gpt2" },
];

/** The nearest number with so many significant bits. */
function rounded(value: number, bits: number): number {
  const unit = 2 ** (Math.floor(Math.log2(value)) + 1 - bits);
  return Math.round(value / unit) * unit;
}

describe.each(FAMILIES)("$name answers as transformers does", ({ name, numbers, frequencyBits }) => {
  const folder = join(goldenFolder, "models", name);
  const golden = readGolden<ModelGolden>(`models/${numbers}/expect.json`);
  const padding = paddingOf(golden.attention_mask);
  let model: Transformer;

  beforeAll(async () => {
    model = await loadTransformer(folder);
    if (frequencyBits === undefined) return;
    const { headSize, rope, contextTokens } = model.config;
    const frequencies = rotaryFrequencies(headSize, { theta: rope!.theta, scaling: null }).map((value) =>
      rounded(value, frequencyBits),
    );
    disposeRotary(model.rotary);
    model.rotary.tables.set("main", rotaryTable(contextTokens, headSize, frequencies));
  });
  afterAll(() => {
    disposeTransformer(model);
  });

  /** Last column's logits of the rows of a pass, [B][V]. */
  function lastLogits(ids: number[][], options: Parameters<typeof forward>[2]): number[][] {
    return tf.tidy(() => {
      const hidden = forward(model, ids, options);
      const [rows, tokens, width] = hidden.shape;
      const last = tf.reshape(tf.slice(hidden, [0, tokens - 1, 0], [rows, 1, width]), [rows, width]);
      return logitsOf(model, last).arraySync() as number[][];
    });
  }

  test("logits of a left-padded batch", async () => {
    await expectNoTensorLeak(() => {
      const logits = tf.tidy(
        () => logitsOf(model, forward(model, golden.input_ids, { padding })).arraySync() as number[][][],
      );
      golden.logits.at.forEach(([row, column], index) => {
        expect(largestDifference(logits[row]![column]!, golden.logits.values[index]!)).toBeLessThan(
          golden.tolerance.logits_abs,
        );
      });
    });
  });

  test("rows without padding equal their padded selves", () => {
    golden.input_ids.forEach((ids, row) => {
      const alone = lastLogits([ids.slice(padding[row])], {});
      const index = golden.logits.at.findIndex(([r, c]) => r === row && c === ids.length - 1);
      expect(largestDifference(alone[0]!, golden.logits.values[index]!)).toBeLessThan(golden.tolerance.logits_abs);
    });
  });

  test("hidden states after the final norm", () => {
    const hidden = tf.tidy(() => forward(model, golden.input_ids, { padding }).arraySync());
    expect(largestDifference(hidden.at(-1)!.at(-1)!, golden.hidden_states.at(-1)!)).toBeLessThan(
      golden.tolerance.hidden_states_abs,
    );
  });

  test("log-probabilities of every real token", async () => {
    const known = golden.token_logprobs.flatMap((columns, row) =>
      columns.flatMap((value, column) => (value === null ? [] : [{ row, column, value }])),
    );
    await expectNoTensorLeak(() => {
      const values = tf.tidy(() => tokenLogProbs(model, golden.input_ids, known, { padding }).dataSync());
      expect(
        largestDifference(
          values,
          known.map(({ value }) => value),
        ),
      ).toBeLessThan(golden.tolerance.logprobs_abs);
    });
  });

  test("greedy continuation with a cache gives the same tokens", async () => {
    await expectNoTensorLeak(() => {
      const cache = createKvCache(model, padding);
      const tokens: number[][] = golden.input_ids.map(() => []);
      let ids = golden.input_ids;
      for (let step = 0; step < golden.greedy.new_tokens; step++) {
        ids = lastLogits(ids, { cache }).map((logits) => [argMax(logits)]);
        ids.forEach(([id], row) => tokens[row]!.push(id!));
      }
      cache.dispose();
      expect(tokens).toEqual(golden.greedy.tokens);
    });
  });

  test("config.json of transformers 4 and 5 say the same", async () => {
    const { path, remove } = await temporaryFolder();
    try {
      for (const file of await readdir(folder))
        if (file.endsWith(".safetensors") || file.endsWith("index.json"))
          await cp(join(folder, file), join(path, file));
      await cp(join(folder, "config_v4.json"), join(path, "config.json"));
      expect(await readModelConfig(path)).toEqual(await readModelConfig(folder));
      expect(await hashModel(path)).toBe(model.sha256);
    } finally {
      await remove();
    }
  });
});

const argMax = (values: number[]): number => values.indexOf(Math.max(...values));
