import { expect, test } from "vitest";
import { parseConfigJson } from "../../src/model/parse-config.ts";

const parsed = (json: Record<string, unknown>) => parseConfigJson(json, "config.json");

test.each([
  [
    "a layer of a kind that is not computed",
    { model_type: "qwen3", num_hidden_layers: 1, layer_types: ["linear_attention"] },
    'config.json has a layer of type "linear_attention" in layer_types; supported are full_attention, sliding_attention.',
  ],
  [
    "types of another number of layers",
    { model_type: "gemma2", num_hidden_layers: 3, layer_types: ["full_attention"] },
    "config.json has 1 layer_types for 3 layers; expected one for each.",
  ],
  [
    "switches of another number of layers",
    { model_type: "smollm3", num_hidden_layers: 3, no_rope_layers: [1] },
    "config.json has 1 no_rope_layers for 3 layers; expected one for each.",
  ],
  [
    "more experts a token than there are",
    { model_type: "mixtral", num_local_experts: 2, num_experts_per_tok: 3 },
    "config.json has num_experts_per_tok 3 of 2 experts; expected no more than there are.",
  ],
  [
    "more experts than any model",
    { model_type: "qwen3_moe", num_experts: 4096, num_hidden_layers: 4000 },
    "config.json has 4096 experts in each of 4000 layers; expected no more than 131072 in all.",
  ],
  [
    "layers of one MLP among those of many",
    { model_type: "qwen3_moe", mlp_only_layers: [0] },
    "config.json asks for mlp_only_layers [0]; computed is []. Use another model.",
  ],
  [
    "attention to both sides",
    { model_type: "gemma3_text", use_bidirectional_attention: true },
    "config.json asks for use_bidirectional_attention true; computed is false. Use another model.",
  ],
  [
    "layers with settings of their own",
    { model_type: "llama", per_layer_config: { 0: { num_attention_heads: 2 } } },
    'config.json asks for per_layer_config {"0":{"num_attention_heads":2}}; it is not computed. Use another model.',
  ],
  [
    "an odd number of turning entries",
    { model_type: "phi3", hidden_size: 32, num_attention_heads: 4, partial_rotary_factor: 0.4 },
    "config.json asks for partial_rotary_factor 0.4, so that 3 of 8 entries of a head turn; an even number can.",
  ],
])("%s are refused by name", (_what, json, sentence) => {
  expect(() => parsed(json)).toThrow(sentence);
});

test("a key that only other classes read is ignored, whatever it says", () => {
  const plain = parsed({ model_type: "llama" });
  expect(parsed({ model_type: "llama", sliding_window: -1, num_experts: "many", query_pre_attn_scalar: null })).toEqual(
    plain,
  );
});

test("what is left out is the class's own, not Llama's", () => {
  expect(parsed({ model_type: "mistral" })).toMatchObject({ keyValueHeads: 8, contextTokens: 131_072 });
  expect(parsed({ model_type: "mistral" }).slidingWindow?.tokens).toBe(4096);
  expect(parsed({ model_type: "qwen3" })).toMatchObject({ headSize: 128, slidingWindow: null });
  expect(parsed({ model_type: "qwen2", use_sliding_window: true }).slidingWindow).toEqual({
    tokens: 4096,
    layers: [28, 29, 30, 31],
  });
  expect(parsed({ model_type: "mixtral" }).rope?.theta).toBe(1e6);
});

test("theta inside rope_scaling goes before rope_theta, and rope_scaling before rope_parameters", () => {
  const older = { rope_scaling: { rope_type: "default", rope_theta: 777 }, rope_theta: 50 };
  expect(parsed({ model_type: "llama", ...older }).rope).toEqual({ theta: 777, scaling: null });
  const newer = { rope_parameters: { rope_type: "default", rope_theta: 5 } };
  expect(parsed({ model_type: "llama", ...older, ...newer }).rope?.theta).toBe(777);
  expect(parsed({ model_type: "llama", rope_scaling: {}, ...newer }).rope?.theta).toBe(5);
});

test("the language model of one that reads images too is read", () => {
  const text = { hidden_size: 64, num_hidden_layers: 2, rope_scaling: { rope_type: "linear", factor: 8 } };
  const config = parsed({ model_type: "gemma3", text_config: text, eos_token_id: [1, 106], vision_config: {} });
  expect(config).toMatchObject({
    modelType: "gemma3_text",
    hiddenSize: 64,
    tiedEmbeddings: true,
    eosTokenIds: [1, 106],
    rope: { theta: 1e6, scaling: { kind: "linear", factor: 8 } },
    windowedRope: { theta: 1e4, scaling: null },
  });
});
