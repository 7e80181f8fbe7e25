import type { ModelType } from "../schema/model.ts";

/** What one family of decoder-only models does otherwise than another; `transformer.ts` reads it as data. */
export interface Family {
  /** rms: x / rms(x) * weight. layer: mean taken away first, a bias added. */
  readonly norm: "rms" | "layer";
  /** gated: down(silu(gate(x)) * up(x)). gelu: down(gelu(up(x))), gelu by its tanh formula. */
  readonly mlp: "gated" | "gelu";
  /** queries and keys of each head go through an RMSNorm of their own before they are rotated */
  readonly queryKeyNorm: boolean;
  /** Blocks whose published classes have a bias; "config" where config.json decides. */
  readonly biases: { readonly attention: "config" | "qkv" | "all" | "none"; readonly mlp: "config" | "all" | "none" };
  /** the class that transformers makes of it */
  readonly architecture: string;
}

export const FAMILIES: Readonly<Record<ModelType, Family>> = {
  llama: {
    norm: "rms",
    mlp: "gated",
    queryKeyNorm: false,
    biases: { attention: "config", mlp: "config" },
    architecture: "LlamaForCausalLM",
  },
  mistral: {
    norm: "rms",
    mlp: "gated",
    queryKeyNorm: false,
    biases: { attention: "none", mlp: "none" },
    architecture: "MistralForCausalLM",
  },
  qwen2: {
    norm: "rms",
    mlp: "gated",
    queryKeyNorm: false,
    biases: { attention: "qkv", mlp: "none" },
    architecture: "Qwen2ForCausalLM",
  },
  qwen3: {
    norm: "rms",
    mlp: "gated",
    queryKeyNorm: true,
    biases: { attention: "config", mlp: "none" },
    architecture: "Qwen3ForCausalLM",
  },
  gpt2: {
    norm: "layer",
    mlp: "gelu",
    queryKeyNorm: false,
    biases: { attention: "all", mlp: "all" },
    architecture: "GPT2LMHeadModel",
  },
};
