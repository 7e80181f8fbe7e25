import type { Activation, ModelType } from "../schema/model.ts";

/** What one family of decoder-only models does otherwise than another; `transformer.ts` reads it as data. */
export interface Family {
  /** rms: x / rms(x) * weight. layer: mean taken away first, a bias added. */
  readonly norm: "rms" | "layer";
  /** RMSNorms multiply by it plus their weight. */
  readonly normOffset: 0 | 1;
  /** Where a block has norms: on what it reads, on what it adds, or both. */
  readonly norms: "before" | "after" | "around";
  /** gated: down(activation(gate(x)) * up(x)). plain: down(activation(up(x))). */
  readonly mlp: "gated" | "plain";
  /** what config.json asks for as a rule */
  readonly activation: Activation;
  /** whether queries and keys go through an RMSNorm before they are rotated: each head, or all of them as one */
  readonly queryKeyNorm: "none" | "head" | "whole";
  /** Layers that see a window, where config.json gives one: all of them, or those that it lists. */
  readonly windows: "none" | "all" | "listed";
  /** whether use_sliding_window must be true for it */
  readonly windowSwitch: boolean;
  /** Blocks whose published classes have a bias; "config" where config.json decides. */
  readonly biases: { readonly attention: "config" | "qkv" | "all" | "none"; readonly mlp: "config" | "all" | "none" };
  /** the class that transformers makes of it */
  readonly architecture: string;
  /** the class that it makes of it with a head of scores; null: it has none */
  readonly classifier: string | null;
  /** whether `saveTransformer` writes it */
  readonly isWritten: boolean;
}

const llama = {
  norm: "rms",
  normOffset: 0,
  norms: "before",
  mlp: "gated",
  activation: "silu",
  queryKeyNorm: "none",
  windows: "none",
  windowSwitch: false,
  biases: { attention: "config", mlp: "config" },
  isWritten: true,
} as const;
const noBiases = { attention: "none", mlp: "none" } as const;
const attentionBiases = { attention: "config", mlp: "none" } as const;
const gemma = {
  ...llama,
  normOffset: 1,
  activation: "gelu_tanh",
  biases: attentionBiases,
  isWritten: false,
} as const;

export const FAMILIES: Readonly<Record<ModelType, Family>> = {
  llama: { ...llama, architecture: "LlamaForCausalLM", classifier: "LlamaForSequenceClassification" },
  mistral: {
    ...llama,
    windows: "all",
    biases: noBiases,
    architecture: "MistralForCausalLM",
    classifier: "MistralForSequenceClassification",
  },
  mixtral: {
    ...llama,
    windows: "all",
    biases: noBiases,
    architecture: "MixtralForCausalLM",
    classifier: "MixtralForSequenceClassification",
    isWritten: false,
  },
  qwen2: {
    ...llama,
    windows: "listed",
    windowSwitch: true,
    biases: { attention: "qkv", mlp: "none" },
    architecture: "Qwen2ForCausalLM",
    classifier: "Qwen2ForSequenceClassification",
  },
  qwen3: {
    ...llama,
    queryKeyNorm: "head",
    windows: "listed",
    windowSwitch: true,
    biases: attentionBiases,
    architecture: "Qwen3ForCausalLM",
    classifier: "Qwen3ForSequenceClassification",
  },
  qwen3_moe: {
    ...llama,
    queryKeyNorm: "head",
    windows: "all",
    windowSwitch: true,
    biases: attentionBiases,
    architecture: "Qwen3MoeForCausalLM",
    classifier: "Qwen3MoeForSequenceClassification",
    isWritten: false,
  },
  gemma: { ...gemma, architecture: "GemmaForCausalLM", classifier: "GemmaForSequenceClassification" },
  gemma2: {
    ...gemma,
    norms: "around",
    windows: "listed",
    architecture: "Gemma2ForCausalLM",
    classifier: "Gemma2ForSequenceClassification",
  },
  gemma3_text: {
    ...gemma,
    norms: "around",
    queryKeyNorm: "head",
    windows: "listed",
    architecture: "Gemma3ForCausalLM",
    classifier: "Gemma3TextForSequenceClassification",
  },
  phi3: {
    ...llama,
    windows: "all",
    biases: noBiases,
    architecture: "Phi3ForCausalLM",
    classifier: "Phi3ForSequenceClassification",
    isWritten: false,
  },
  olmo2: {
    ...llama,
    norms: "after",
    queryKeyNorm: "whole",
    biases: attentionBiases,
    architecture: "Olmo2ForCausalLM",
    classifier: "Olmo2ForSequenceClassification",
    isWritten: false,
  },
  olmo3: {
    ...llama,
    norms: "after",
    queryKeyNorm: "whole",
    windows: "listed",
    biases: attentionBiases,
    architecture: "Olmo3ForCausalLM",
    classifier: null,
    isWritten: false,
  },
  granite: { ...llama, architecture: "GraniteForCausalLM", classifier: null, isWritten: false },
  smollm3: {
    ...llama,
    windows: "listed",
    windowSwitch: true,
    architecture: "SmolLM3ForCausalLM",
    classifier: "SmolLM3ForSequenceClassification",
    isWritten: false,
  },
  gpt2: {
    ...llama,
    norm: "layer",
    mlp: "plain",
    activation: "gelu_tanh",
    biases: { attention: "all", mlp: "all" },
    architecture: "GPT2LMHeadModel",
    classifier: "GPT2ForSequenceClassification",
    isWritten: false,
  },
};
