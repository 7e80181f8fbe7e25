import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeSafetensors } from "../../src/files/safetensors.ts";
import { createTransformer, transformerFromTensors } from "../../src/model/create.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { transformerTensors } from "../../src/model/held-tensors.ts";
import { hashModel, readModelConfig } from "../../src/model/model-folder.ts";
import { mostTokens } from "../../src/model/new-columns.ts";
import { loadTransformer, saveTransformer } from "../../src/model/pretrained.ts";
import { createKvCache, forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import type { ModelConfig } from "../../src/schema/model.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { TINY_CONFIG, tinyModel, writeTinyModel } from "../../src/testing/tiny-model.ts";
import { goldenFolder } from "../support/golden.ts";
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
  await expect(loadTransformer(folder)).rejects.toThrow(
    `Model folder ${folder} has neither model.safetensors nor model.safetensors.index.json.`,
  );
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
    'describes a model of type "mamba"; supported are llama, mistral, mixtral, qwen2, qwen3, qwen3_moe, gemma, gemma2, gemma3_text, phi3, olmo2, olmo3, granite, smollm3, gpt2.',
  ],
  [
    "rotary positions scaled in another way",
    { rope_scaling: null, rope_parameters: { rope_type: "proportional", rope_theta: 5e5, factor: 8 } },
    "model-unsupported",
    'asks for rotary scaling of type "proportional"; supported are default, linear, dynamic, yarn, longrope, llama3.',
  ],
  [
    "rotary scaling without its numbers",
    { rope_parameters: { rope_type: "llama3", rope_theta: 5e5, factor: 8 } },
    "model-config-invalid",
    'asks for rotary scaling of type "llama3" without low_freq_factor.',
  ],
  ["quantized weights", { quantization_config: { bits: 4 } }, "model-unsupported", "the weights are quantized"],
  ["no model_type", { model_type: undefined }, "model-unsupported", "describes no model_type; supported are"],
  ["more layers than any model", { num_hidden_layers: 1e9 }, "model-config-invalid", "num_hidden_layers"],
  [
    "another activation",
    { hidden_act: "mish" },
    "model-unsupported",
    'asks for the activation "mish"; supported are silu, swish, gelu,',
  ],
  ["attention to both sides", { is_causal: false }, "model-unsupported", "asks for is_causal false; computed is true"],
  [
    "a part of each head turned",
    { partial_rotary_factor: 0.5 },
    "model-unsupported",
    "asks for partial_rotary_factor 0.5, so that 2 of 4 entries of a head turn; this model type turns all of them.",
  ],
  [
    "factors of another number of pairs",
    { rope_scaling: { rope_type: "longrope", short_factor: [1], long_factor: [1, 2] } },
    "model-config-invalid",
    "has 1 numbers in short_factor; expected 2, one for each pair of entries of a head.",
  ],
  ["heads that do not divide", { num_key_value_heads: 3 }, "model-unsupported", "4 heads over 3 key-value heads"],
  ["a key of another kind", { vocab_size: null }, "model-config-invalid", "vocab_size"],
  ["a wrong number", { num_hidden_layers: 0 }, "model-config-invalid", "num_hidden_layers"],
])("config.json with %s is refused", async (_name, change, code, message) => {
  await writeTinyModel(folder);
  await editConfig((config) => Object.assign(config, change));
  await expect(readModelConfig(folder)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message) as string,
  });
});

test("every family that is written reads back: windows, scaled rotary positions, norms of heads, biases", async () => {
  const scaling = { kind: "llama3", factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4 } as const;
  const families: Partial<ModelConfig>[] = [
    { modelType: "mistral", slidingWindow: { tokens: 3, layers: [0, 1] } },
    { modelType: "qwen2", slidingWindow: { tokens: 3, layers: [1] } },
    { modelType: "qwen3" },
    { modelType: "qwen3", activation: "relu2" },
    { modelType: "mistral", rope: { theta: 5e4, scaling: { kind: "dynamic", factor: 2 } } },
    {
      modelType: "llama",
      rope: {
        theta: 5e5,
        scaling: {
          kind: "yarn",
          factor: 4,
          originalContextTokens: 16,
          attentionFactor: 1.25,
          betaFast: 32,
          betaSlow: 1,
          truncate: false,
        },
      },
    },
    {
      modelType: "llama",
      rope: {
        theta: 5e5,
        scaling: {
          kind: "longrope",
          shortFactors: [1, 2],
          longFactors: [2, 4],
          originalContextTokens: 3,
          attentionFactor: 1.5,
        },
      },
    },
    { modelType: "llama", rope: { theta: 5e5, scaling: { ...scaling, originalContextTokens: 64 } } },
  ];
  for (const config of families) {
    const model = await tinyModel({ config });
    await saveTransformer(folder, model);
    const loaded = await loadTransformer(folder);
    expect(loaded.config).toEqual(model.config);
    expect(logits(loaded)).toEqual(logits(model));
    for (const each of [model, loaded]) disposeTransformer(each);
  }
});

test("a bias that the family's class has no place for is refused", async () => {
  const plain = await tinyModel({ config: { modelType: "mistral" } });
  const tensors = await transformerTensors(plain);
  const name = "model.layers.0.self_attn.q_proj.bias";
  const biased = transformerFromTensors(plain.config, {
    ...tensors,
    [name]: { shape: [16], data: new Float32Array(16).fill(1) },
  });
  await expect(saveTransformer(folder, biased)).rejects.toThrow(
    `${name} is a bias, and the MistralForCausalLM class of transformers has none there.`,
  );
  for (const model of [plain, biased]) disposeTransformer(model);
});

test("a model without its head gives hidden states and no logits", async () => {
  await writeTinyModel(folder, { config: { tiedEmbeddings: false } });
  await expectNoTensorLeak(async () => {
    const model = await loadTransformer(folder, { head: false });
    expect(tf.tidy(() => forward(model, ids).shape)).toEqual([1, 5, 16]);
    expect(() => logits(model)).toThrow(`The model of ${folder} was loaded without a language-model head`);
    disposeTransformer(model);
  });
});

test("config.json that is not JSON names its path", async () => {
  const path = join(folder, "config.json");
  await writeFile(path, "{");
  await expect(readModelConfig(folder)).rejects.toThrow(`${path} is not JSON`);
  await rm(path);
});

test("stop tokens of generation_config.json go before those of config.json, where it names them", async () => {
  await writeTinyModel(folder);
  const path = join(folder, "generation_config.json");
  await writeFile(path, `\uFEFF${JSON.stringify({ bos_token_id: 7, eos_token_id: [1, 46], pad_token_id: 0 })}`);
  expect(await readModelConfig(folder)).toMatchObject({ bosTokenId: 7, eosTokenIds: [1, 46], padTokenId: 0 });
  await writeFile(path, JSON.stringify({ eos_token_id: 46 }));
  expect(await readModelConfig(folder)).toMatchObject({ bosTokenId: 256, eosTokenIds: [46], padTokenId: 257 });
  await writeFile(path, JSON.stringify({ temperature: 0.6 }));
  expect(await readModelConfig(folder)).toMatchObject({ eosTokenIds: [257] });
  await writeFile(path, JSON.stringify({ eos_token_id: "</s>" }));
  await expect(readModelConfig(folder)).rejects.toThrow(`${path} is not a generation_config.json: `);
});

test("a type that is read only is not written", async () => {
  const model = await tinyModel({ config: { modelType: "olmo2" } });
  await expect(saveTransformer(folder, model)).rejects.toThrow(
    `${folder} cannot be written: models of type olmo2 are read, not written. Types that are written: llama, mistral, qwen2, qwen3.`,
  );
  disposeTransformer(model);
});

test("biases that config.json does not ask for are left alone, as the class leaves them", async () => {
  await writeTinyModel(folder);
  const plain = await loadTransformer(folder);
  const tensors = await transformerTensors(plain);
  tensors["model.layers.0.self_attn.q_proj.bias"] = { shape: [16], data: new Float32Array(16).fill(1) };
  await writeSafetensors(join(folder, "model.safetensors"), tensors, { format: "pt" });
  const loaded = await loadTransformer(folder);
  expect(logits(loaded)).toEqual(logits(plain));
  await editConfig((config) => (config.attention_bias = true));
  const biased = await loadTransformer(folder);
  expect(largestDifference(logits(biased), logits(plain))).toBeGreaterThan(1e-4);
  for (const model of [plain, loaded, biased]) disposeTransformer(model);
});

test("rows stay on one side of the place where longrope turns otherwise", async () => {
  const factors = { shortFactors: [1, 2], longFactors: [2, 4], attentionFactor: 1 };
  const rope = { theta: 1e4, scaling: { ...factors, kind: "longrope" as const, originalContextTokens: 3 } };
  const model = await tinyModel({ config: { rope } });
  const cache = createKvCache(model, [0]);
  tf.tidy(() => forward(model, [[1, 2]], { cache }));
  tf.tidy(() => forward(model, [[3]], { cache }));
  expect(() => forward(model, [[4]], { cache })).toThrow(
    "A row grows from 3 to 4 tokens and so beyond the first part of the context, from where on longrope turns all positions otherwise",
  );
  cache.dispose();
  expect([mostTokens(model.config, 3), mostTokens(model.config, 4)]).toEqual([3, 128]);
  disposeTransformer(model);
});
