import type { ModelConfig } from "../schema/model.ts";

/** Where a tensor of the model is in its files: the whole of a published tensor, or some columns of it, turned. */
export interface PublishedTensor {
  name: string;
  /** [in, out] columns of a product written the other way round (GPT-2's Conv1D); null where the file has it as we do */
  columns: { start: number; size: number } | null;
}

/**
 * How a family's files call the tensors that `requiredTensors` names. Llama's names are ours; a file of the bare backbone
 * leaves the first part out. GPT-2's layers have other names, and one product for q, k and v.
 * @param has whether the files hold a tensor
 */
export function publishedNames(config: ModelConfig, has: (name: string) => boolean): (name: string) => PublishedTensor {
  if (config.modelType === "gpt2") {
    const prefix = has("wte.weight") ? "" : "transformer.";
    return (name) => gpt2Tensor(name, config, prefix);
  }
  const bare = has("embed_tokens.weight");
  return (name) => ({ name: bare ? name.replace(/^model\./, "") : name, columns: null });
}

const GPT2_MODULES: Record<string, string> = {
  input_layernorm: "ln_1",
  post_attention_layernorm: "ln_2",
  "self_attn.q_proj": "attn.c_attn",
  "self_attn.k_proj": "attn.c_attn",
  "self_attn.v_proj": "attn.c_attn",
  "self_attn.o_proj": "attn.c_proj",
  "mlp.up_proj": "mlp.c_fc",
  "mlp.down_proj": "mlp.c_proj",
};
const GPT2_WHOLE: Record<string, string> = { embed_tokens: "wte", embed_positions: "wpe", norm: "ln_f" };

function gpt2Tensor(name: string, { hiddenSize: d, intermediateSize }: ModelConfig, prefix: string): PublishedTensor {
  const [, layer, module, kind] = /^model\.(?:layers\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(name) ?? [];
  if (module === undefined || kind === undefined) return { name, columns: null }; // the head
  if (layer === undefined) return { name: `${prefix}${GPT2_WHOLE[module] ?? module}.${kind}`, columns: null };
  const published = `${prefix}h.${layer}.${GPT2_MODULES[module] ?? module}.${kind}`;
  if (!module.endsWith("_proj")) return { name: published, columns: null };
  const fused = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"].indexOf(module);
  return {
    name: published,
    columns: { start: Math.max(0, fused) * d, size: module === "mlp.up_proj" ? intermediateSize : d },
  };
}
