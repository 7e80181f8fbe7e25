import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hashModel, loadTransformer, readModelConfig } from "../../src/model/pretrained.ts";
import { createKvCache, disposeTransformer, forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import { tokenLogProbs } from "../../src/reward/log-probs.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { goldenFolder, paddingOf, readGolden, type LlamaGolden } from "../support/golden.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

const folder = join(goldenFolder, "models", "llama");
const golden = readGolden<LlamaGolden>("models/llama/expect.json");
const padding = paddingOf(golden.attention_mask);
let model: Transformer;

beforeAll(async () => {
  model = await loadTransformer(folder);
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

const argMax = (values: number[]): number => values.indexOf(Math.max(...values));

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
    await cp(join(folder, "config_v4.json"), join(path, "config.json"));
    await writeFile(join(path, "model.safetensors"), await readFile(join(folder, "model.safetensors")));
    expect(await readModelConfig(path)).toEqual(await readModelConfig(folder));
    expect(await hashModel(path)).toBe(model.sha256);
  } finally {
    await remove();
  }
});
