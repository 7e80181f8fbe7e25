import type { Activation, ModelConfig } from "../schema/model.ts";
import type { RopeScaling } from "../schema/rope.ts";
import { FAMILIES } from "./family.ts";

/** config.json that transformers 4 and 5 both read; for families whose tensors are named like Llama's. */
export function configJson(
  config: ModelConfig,
  biases: { attention: boolean; mlp: boolean },
  dtype: "float32" | "float16" | "bfloat16" = "float32",
): Record<string, unknown> {
  const { eosTokenIds, modelType, slidingWindow: window } = config;
  const family = FAMILIES[modelType];
  const isQwen = modelType === "qwen2" || modelType === "qwen3";
  const windowed = (layer: number): boolean => window?.layers.includes(layer) ?? false;
  const layerTypes = Array.from({ length: config.layers }, (_, layer) =>
    windowed(layer) ? "sliding_attention" : "full_attention",
  );
  const firstWindowed = layerTypes.indexOf("sliding_attention");
  return {
    architectures: [family.architecture],
    ...(family.biases.attention === "config" ? { attention_bias: biases.attention } : {}),
    attention_dropout: 0,
    bos_token_id: config.bosTokenId,
    dtype,
    eos_token_id: eosTokenIds.length === 0 ? null : eosTokenIds.length === 1 ? eosTokenIds[0] : eosTokenIds,
    head_dim: config.headSize,
    hidden_act: ACTIVATION_NAMES[config.activation ?? family.activation],
    hidden_size: config.hiddenSize,
    initializer_range: 0.02,
    intermediate_size: config.intermediateSize,
    ...(isQwen
      ? { layer_types: layerTypes, max_window_layers: firstWindowed < 0 ? config.layers : firstWindowed }
      : {}),
    max_position_embeddings: config.contextTokens,
    ...(family.biases.mlp === "config" ? { mlp_bias: biases.mlp } : {}),
    model_type: modelType,
    num_attention_heads: config.heads,
    num_hidden_layers: config.layers,
    num_key_value_heads: config.keyValueHeads,
    pad_token_id: config.padTokenId,
    rms_norm_eps: config.normEpsilon,
    ...ropeJson(config),
    ...(modelType === "llama" ? {} : { sliding_window: window?.tokens ?? null }),
    tie_word_embeddings: config.tiedEmbeddings,
    torch_dtype: dtype,
    use_cache: true,
    ...(isQwen ? { use_sliding_window: window !== null } : {}),
    vocab_size: config.vocabularySize,
  };
}

/** What transformers calls them. */
const ACTIVATION_NAMES: Readonly<Record<Activation, string>> = {
  silu: "silu",
  gelu: "gelu",
  gelu_tanh: "gelu_pytorch_tanh",
  quick_gelu: "quick_gelu",
  relu: "relu",
  relu2: "relu2",
};

function ropeJson({ rope }: ModelConfig): Record<string, unknown> {
  const { theta, scaling } = rope!;
  const scaled = scaling && { rope_type: scaling.kind, ...scalingJson(scaling) };
  return {
    rope_parameters: { ...(scaled ?? { rope_type: "default" }), rope_theta: theta },
    rope_scaling: scaled,
    rope_theta: theta,
  };
}

function scalingJson(scaling: RopeScaling): Record<string, unknown> {
  switch (scaling.kind) {
    case "linear":
    case "dynamic":
      return { factor: scaling.factor };
    case "llama3":
      return {
        factor: scaling.factor,
        low_freq_factor: scaling.lowFrequencyFactor,
        high_freq_factor: scaling.highFrequencyFactor,
        original_max_position_embeddings: scaling.originalContextTokens,
      };
    case "yarn":
      return {
        factor: scaling.factor,
        original_max_position_embeddings: scaling.originalContextTokens,
        attention_factor: scaling.attentionFactor,
        beta_fast: scaling.betaFast,
        beta_slow: scaling.betaSlow,
        truncate: scaling.truncate,
      };
    case "longrope":
      return {
        short_factor: scaling.shortFactors,
        long_factor: scaling.longFactors,
        original_max_position_embeddings: scaling.originalContextTokens,
        attention_factor: scaling.attentionFactor,
      };
  }
}
