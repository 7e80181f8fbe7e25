import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTransformer, transformerFromTensors, transformerTensors } from "../../src/model/build.ts";
import { hashModel, loadTransformer, readModelConfig, saveTransformer } from "../../src/model/pretrained.ts";
import { disposeTransformer, forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import type { ModelConfig } from "../../src/schema/model.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { TINY_CONFIG, tinyModel, writeTinyModel } from "../../src/testing/tiny-model.ts";
import { goldenFolder, paddingOf, readGolden, type LlamaGolden } from "../support/golden.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const ids = [[1, 2, 3, 4, 5]];
const logits = (model: Transformer): Float32Array =>
  tf.tidy(() => logitsOf(model, forward(model, ids)).dataSync<"float32">());

async function editConfig(edit: (config: Record<string, unknown>) => void): Promise<void> {
  const path = join(folder, "config.json");
  const config = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
  edit(config);
  await writeFile(path, JSON.stringify(config));
}

test.each([true, false])(
  "a saved model reads back to the same logits and config (tied: %s)",
  async (tiedEmbeddings) => {
    const model = await tinyModel({ config: { tiedEmbeddings, eosTokenIds: [257, 3], padTokenId: null } });
    const before = logits(model);
    await saveTransformer(folder, model);
    await expectNoTensorLeak(async () => {
      const loaded = await loadTransformer(folder);
      expect(logits(loaded)).toEqual(before);
      expect(loaded.config).toEqual(model.config);
      expect([loaded.folder, loaded.sha256]).toEqual([folder, await hashModel(folder)]);
      disposeTransformer(loaded);
    });
    disposeTransformer(model);
  },
);

test("saving twice gives the same bytes", async () => {
  const model = await tinyModel();
  await saveTransformer(folder, model);
  const first = await hashModel(folder);
  await saveTransformer(folder, model);
  expect(await hashModel(folder)).toBe(first);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  disposeTransformer(model);
});

test("a bias of one module survives a round trip, its block's others become zero", async () => {
  const plain = await tinyModel();
  const tensors = await transformerTensors(plain);
  const name = "model.layers.1.self_attn.v_proj.bias";
  tensors[name] = { shape: [8], data: Float32Array.from({ length: 8 }, (_, index) => index / 4) };
  const biased = transformerFromTensors(TINY_CONFIG, tensors);
  await saveTransformer(folder, biased);
  const loaded = await loadTransformer(folder);
  expect(largestDifference(logits(biased), logits(plain))).toBeGreaterThan(1e-3);
  expect(logits(loaded)).toEqual(logits(biased));
  const json = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as Record<string, unknown>;
  expect([json.attention_bias, json.mlp_bias]).toEqual([true, false]);
  const biases = Object.keys(await transformerTensors(loaded)).filter((key) => key.endsWith(".bias"));
  expect(biases).toHaveLength(8); // q, k, v, o of two layers
  for (const model of [plain, biased, loaded]) disposeTransformer(model);
});

test.each(["llama-bf16", "llama-f16"])("half-precision weights are widened: %s", async (name) => {
  const golden = readGolden<LlamaGolden>(`models/${name}/expect.json`);
  const model = await loadTransformer(join(goldenFolder, "models", name));
  const padding = paddingOf(golden.attention_mask);
  const all = tf.tidy(() => logitsOf(model, forward(model, golden.input_ids, { padding })).arraySync() as number[][][]);
  // these two goldens were computed with rotary frequencies rounded to half precision, so only each row's position 0 compares
  const first = golden.logits.at.map(([row, column]) => column === padding[row]);
  expect(first.filter(Boolean)).toHaveLength(3);
  golden.logits.at.forEach(([row, column], index) => {
    if (!first[index]) return;
    expect(largestDifference(all[row]![column]!, golden.logits.values[index]!)).toBeLessThan(
      golden.tolerance.logits_abs,
    );
  });
  disposeTransformer(model);
});

test("a random start: norms are 1, residual outputs are scaled, names fork the stream", async () => {
  await openEngine();
  const config: ModelConfig = { ...TINY_CONFIG, hiddenSize: 64, headSize: 16, intermediateSize: 128 };
  const model = createTransformer(config, createRandom(2));
  const tensors = await transformerTensors(model);
  const deviation = (name: string): number =>
    Math.hypot(...tensors[name]!.data) / Math.sqrt(tensors[name]!.data.length);
  expect(new Set(tensors["model.layers.0.input_layernorm.weight"]!.data)).toEqual(new Set([1]));
  expect(deviation("model.layers.0.self_attn.q_proj.weight")).toBeCloseTo(0.02, 3);
  expect(deviation("model.layers.1.mlp.down_proj.weight")).toBeCloseTo(0.01, 3); // 0.02 / sqrt(2 layers * 2)
  const deeper = createTransformer({ ...config, layers: 3 }, createRandom(2));
  const same = "model.layers.0.self_attn.k_proj.weight";
  expect((await transformerTensors(deeper))[same]).toEqual(tensors[same]);
  expect(deeper.sha256).not.toBe(model.sha256);
  for (const each of [model, deeper]) disposeTransformer(each);
});

test("a model made inside a tidy outlives it", async () => {
  await openEngine();
  let model: Transformer | undefined;
  tf.tidy(() => {
    model = createTransformer(TINY_CONFIG, createRandom(0));
  });
  expect(logits(model!)).toHaveLength(5 * 258);
  disposeTransformer(model!);
});

test("what is missing from a model folder is named", async () => {
  const nowhere = join(folder, "nowhere");
  await expect(loadTransformer(nowhere)).rejects.toThrow(`There is no model folder ${nowhere}.`);
  await expect(loadTransformer(folder)).rejects.toThrow(`Model folder ${folder} has no config.json.`);
  await cp(join(goldenFolder, "models", "llama", "config.json"), join(folder, "config.json"));
  await expect(loadTransformer(folder)).rejects.toThrow(`Model folder ${folder} has no model.safetensors.`);
  await expect(hashModel(folder)).rejects.toMatchObject({ code: "model-missing-file" });
});

test("a missing tensor and one of another shape are named with what config.json asks for", async () => {
  await writeTinyModel(folder);
  await editConfig((config) => (config.num_hidden_layers = 3));
  await expect(loadTransformer(folder)).rejects.toThrow(
    `Model folder ${folder} has no tensor model.layers.2.input_layernorm.weight and 8 more; config.json describes 3 layers with tied embeddings.`,
  );
  await editConfig((config) => {
    config.num_hidden_layers = 2;
    config.vocab_size = 300;
  });
  await expect(loadTransformer(folder)).rejects.toThrow(
    `Model folder ${folder} has tensor model.embed_tokens.weight of shape [258, 16]; config.json asks for [300, 16].`,
  );
});

test.each([
  [
    "another architecture",
    { model_type: "mamba" },
    "model-unsupported",
    'describes a model of type "mamba"; this version reads "llama" only.',
  ],
  [
    "scaled rotary positions",
    { rope_parameters: { rope_type: "llama3", rope_theta: 5e5, factor: 8 } },
    "model-unsupported",
    'asks for rotary scaling of type "llama3"; this version computes the default kind only.',
  ],
  [
    "scaled rotary positions, older key",
    { rope_parameters: undefined, rope_scaling: { type: "linear", factor: 2 } },
    "model-unsupported",
    '"linear"',
  ],
  ["another activation", { hidden_act: "gelu" }, "model-unsupported", 'asks for the activation "gelu"'],
  ["heads that do not divide", { num_key_value_heads: 3 }, "model-unsupported", "4 heads over 3 key-value heads"],
  ["a missing key", { vocab_size: undefined }, "model-config-invalid", "vocab_size"],
  ["a wrong number", { num_hidden_layers: 0 }, "model-config-invalid", "num_hidden_layers"],
])("config.json with %s is refused", async (_name, change, code, message) => {
  await writeTinyModel(folder);
  await editConfig((config) => Object.assign(config, change));
  await expect(readModelConfig(folder)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message) as string,
  });
});

test("config.json that is not JSON names its path", async () => {
  const path = join(folder, "config.json");
  await writeFile(path, "{");
  await expect(readModelConfig(folder)).rejects.toThrow(`${path} is not JSON`);
  await rm(path);
});
