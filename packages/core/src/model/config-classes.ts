import type { ModelType } from "../schema/model.ts";

/** What transformers' class of a model type makes of config.json; a test holds it against the classes themselves. */
export interface ConfigClass {
  /** Keys that change numbers, with what the class takes for one that is left out; null where that is nothing. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Keys that are computed for some values only, the class's default first; null stands for a key that is left out. */
  readonly only?: Readonly<Record<string, readonly unknown[]>>;
}

/** The same of keys that every class reads. */
export const ONLY_NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  is_causal: [true, null],
  per_layer_config: [null],
};

const llamaLike = {
  hidden_size: 4096,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  hidden_act: "silu",
  rms_norm_eps: 1e-6,
  tie_word_embeddings: false,
  rope_theta: 10_000,
};
const llama = {
  ...llamaLike,
  vocab_size: 32_000,
  intermediate_size: 11_008,
  max_position_embeddings: 2048,
  attention_bias: false,
  mlp_bias: false,
};
const mistral = {
  ...llamaLike,
  vocab_size: 32_000,
  intermediate_size: 14_336,
  num_key_value_heads: 8,
  max_position_embeddings: 131_072,
};
const switched = { use_sliding_window: false, sliding_window: 4096 };
const listed = { layer_types: null };
const qwen = {
  ...llamaLike,
  ...switched,
  ...listed,
  vocab_size: 151_936,
  intermediate_size: 22_016,
  num_key_value_heads: 32,
  max_position_embeddings: 32_768,
  max_window_layers: 28,
};
const gemma = {
  vocab_size: 256_000,
  head_dim: 256,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: true,
  pad_token_id: 0,
  attention_bias: false,
};
const gemma2 = {
  ...gemma,
  ...listed,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  hidden_activation: "gelu_pytorch_tanh",
  query_pre_attn_scalar: 256,
  sliding_window: 4096,
};
const olmo = {
  ...llamaLike,
  vocab_size: 50_304,
  intermediate_size: 11_008,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  pad_token_id: 1,
  attention_bias: false,
};
const oneWay = { use_bidirectional_attention: [null, false] };

export const CONFIG_CLASSES: Readonly<Record<ModelType, ConfigClass>> = {
  llama: { defaults: llama },
  mistral: { defaults: { ...mistral, sliding_window: 4096 } },
  mixtral: {
    defaults: {
      ...mistral,
      rms_norm_eps: 1e-5,
      rope_theta: 1_000_000,
      sliding_window: null,
      num_experts_per_tok: 2,
      num_local_experts: 8,
      num_experts: null, // another name of it
    },
  },
  qwen2: { defaults: qwen },
  qwen3: { defaults: { ...qwen, head_dim: 128, attention_bias: false } },
  qwen3_moe: {
    defaults: {
      ...llamaLike,
      ...switched,
      vocab_size: 151_936,
      hidden_size: 2048,
      intermediate_size: 6144,
      num_hidden_layers: 24,
      num_key_value_heads: 4,
      max_position_embeddings: 32_768,
      attention_bias: false,
      moe_intermediate_size: 768,
      num_experts_per_tok: 8,
      num_experts: 128,
      num_local_experts: null, // another name of it
      norm_topk_prob: false,
    },
    only: { decoder_sparse_step: [1], mlp_only_layers: [null, []] }, // layers of one MLP among those of many
  },
  gemma: {
    defaults: {
      ...gemma,
      hidden_size: 3072,
      intermediate_size: 24_576,
      num_hidden_layers: 28,
      num_attention_heads: 16,
      num_key_value_heads: 16,
      hidden_act: "gelu_pytorch_tanh",
      rope_theta: 10_000,
    },
    only: oneWay,
  },
  gemma2: {
    defaults: { ...gemma2, rope_theta: 10_000, final_logit_softcapping: 30, attn_logit_softcapping: 50 },
    only: oneWay,
  },
  gemma3_text: {
    defaults: {
      ...gemma2,
      vocab_size: 262_208,
      max_position_embeddings: 131_072,
      rope_theta: 1_000_000,
      rope_local_base_freq: 10_000,
      sliding_window_pattern: 6,
      final_logit_softcapping: null,
      attn_logit_softcapping: null,
    },
    only: { use_bidirectional_attention: [false, null] },
  },
  phi3: {
    defaults: {
      ...llamaLike,
      vocab_size: 32_064,
      hidden_size: 3072,
      intermediate_size: 8192,
      max_position_embeddings: 4096,
      original_max_position_embeddings: 4096,
      rms_norm_eps: 1e-5,
      pad_token_id: 32_000,
      sliding_window: null,
    },
  },
  olmo2: { defaults: olmo },
  olmo3: { defaults: { ...olmo, ...listed, sliding_window: 4096, rope_theta: 500_000 } },
  granite: {
    defaults: {
      ...llama,
      embedding_multiplier: 1,
      logits_scaling: 1,
      residual_multiplier: 1,
      attention_multiplier: 1,
    },
  },
  smollm3: {
    defaults: {
      ...llama,
      vocab_size: 128_256,
      hidden_size: 2048,
      num_hidden_layers: 36,
      num_attention_heads: 16,
      num_key_value_heads: 4,
      max_position_embeddings: 32_768,
      tie_word_embeddings: true,
      pad_token_id: 128_004,
      rope_theta: 2_000_000,
      ...listed,
      use_sliding_window: false,
      sliding_window: null,
      no_rope_layers: null,
      no_rope_layer_interval: 4,
    },
  },
  gpt2: {
    defaults: {
      vocab_size: 50_257,
      n_embd: 768,
      n_layer: 12,
      n_head: 12,
      n_positions: 1024,
      activation_function: "gelu_new",
      layer_norm_epsilon: 1e-5,
      scale_attn_weights: true,
      scale_attn_by_inverse_layer_idx: false,
      tie_word_embeddings: true,
    },
    only: { add_cross_attention: [false] },
  },
};
