import type { ModelConfig, ModelType } from "../schema/model.ts";
import { TENSOR } from "./tensor-names.ts";

/** Where a tensor of the model is in its files: the whole of a published tensor, some rows of it, or some columns, turned. */
export interface PublishedTensor {
  name: string;
  /** [in, out] columns of a product written the other way round (GPT-2's Conv1D); null where the file has it as we do */
  columns: Part | null;
  /** rows of a product that holds several modules one below the other (Phi-3); null where it holds this one alone */
  rows: (Part & { whole: number }) | null;
}

interface Part {
  start: number;
  size: number;
}

type Names = (name: string) => PublishedTensor;

/**
 * How a family's files call the tensors that `requiredTensors` names. Llama's names are ours; a file of the bare backbone
 * leaves the first part out, one of a model that reads images too has more before it. An embedding that is the head too may
 * stand under the head's name alone, as safetensors writes shared tensors.
 * @param has whether the files hold a tensor
 */
export function publishedNames(config: ModelConfig, has: (name: string) => boolean): Names {
  const published = familyNames(config, has);
  const head = published(TENSOR.head);
  const isUnderHead = config.tiedEmbeddings && !has(published(TENSOR.embedding).name) && has(head.name);
  return isUnderHead ? (name) => (name === TENSOR.embedding ? head : published(name)) : published;
}

function familyNames(config: ModelConfig, has: (name: string) => boolean): Names {
  if (config.modelType === "gpt2") {
    const prefix = has("wte.weight") ? "" : "transformer.";
    return (name) => gpt2Tensor(name, config, prefix);
  }
  const own = OWN_NAMES[config.modelType] ?? [];
  const renamed = (name: string): string => own.reduce((text, [ours, theirs]) => text.replace(ours, theirs), name);
  const place = PLACES.find(({ embedding }) => has(embedding)) ?? PLACES[0];
  return (name) => {
    const { module, rows } = config.modelType === "phi3" ? phi3Module(name, config) : { module: name, rows: null };
    return { name: place.of(renamed(module)), columns: null, rows };
  };
}

/** Where files hold the model, by the name of its embedding there. */
const PLACES = [
  { embedding: "model.embed_tokens.weight", of: (name: string) => name },
  { embedding: "embed_tokens.weight", of: (name: string) => name.replace(/^model\./, "") },
  { embedding: "language_model.model.embed_tokens.weight", of: (name: string) => `language_model.${name}` },
  {
    embedding: "model.language_model.embed_tokens.weight",
    of: (name: string) => name.replace(/^model\./, "model.language_model."),
  },
] as const;

/** In the order in which they are replaced: a name that both have for different norms is taken first. */
const NORMS_AFTER: readonly (readonly [RegExp, string])[] = [
  [/\.post_attention_layernorm\./, ".pre_feedforward_layernorm."],
  [/\.after_attention_norm\./, ".post_attention_layernorm."],
  [/\.after_mlp_norm\./, ".post_feedforward_layernorm."],
];

/** What a family's files call otherwise than Llama's. */
const OWN_NAMES: Partial<Record<ModelType, readonly (readonly [RegExp, string])[]>> = {
  gemma2: NORMS_AFTER,
  gemma3_text: NORMS_AFTER,
  olmo2: NORMS_AFTER,
  olmo3: NORMS_AFTER,
  mixtral: [
    [/\.mlp\.(gate|experts)\./, ".block_sparse_moe.$1."],
    [/(\.experts\.\d+)\.gate_proj\./, "$1.w1."],
    [/(\.experts\.\d+)\.down_proj\./, "$1.w2."],
    [/(\.experts\.\d+)\.up_proj\./, "$1.w3."],
  ],
};

/** Phi-3 has one product for q, k and v, and one for gate and up. */
function phi3Module(name: string, config: ModelConfig): { module: string; rows: PublishedTensor["rows"] } {
  const { heads, keyValueHeads, headSize, intermediateSize } = config;
  const [queries, shared] = [heads * headSize, keyValueHeads * headSize];
  const wide = intermediateSize;
  const parts: Readonly<Record<string, readonly [fused: string, start: number, size: number, whole: number]>> = {
    q_proj: ["qkv_proj", 0, queries, queries + 2 * shared],
    k_proj: ["qkv_proj", queries, shared, queries + 2 * shared],
    v_proj: ["qkv_proj", queries + shared, shared, queries + 2 * shared],
    gate_proj: ["gate_up_proj", 0, wide, 2 * wide],
    up_proj: ["gate_up_proj", wide, wide, 2 * wide],
  };
  const [, own] = /\.(\w+_proj)\.weight$/.exec(name) ?? [];
  const part = own === undefined ? undefined : parts[own];
  if (!part) return { module: name, rows: null };
  const [fused, start, size, whole] = part;
  return { module: name.replace(`${own}.weight`, `${fused}.weight`), rows: { start, size, whole } };
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

/** GPT-2's layers have names of their own, and one product for q, k and v. */
function gpt2Tensor(name: string, { hiddenSize: d, intermediateSize }: ModelConfig, prefix: string): PublishedTensor {
  const whole = (published: string): PublishedTensor => ({ name: published, columns: null, rows: null });
  const [, layer, module, kind] = /^model\.(?:layers\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(name) ?? [];
  if (module === undefined || kind === undefined) return whole(name); // the head
  if (layer === undefined) return whole(`${prefix}${GPT2_WHOLE[module] ?? module}.${kind}`);
  const published = `${prefix}h.${layer}.${GPT2_MODULES[module] ?? module}.${kind}`;
  if (!module.endsWith("_proj")) return whole(published);
  const fused = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"].indexOf(module);
  return {
    name: published,
    columns: { start: Math.max(0, fused) * d, size: module === "mlp.up_proj" ? intermediateSize : d },
    rows: null,
  };
}
