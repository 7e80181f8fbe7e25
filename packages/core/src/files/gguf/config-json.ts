import { UniArmError } from "../../schema/error.ts";
import { architectureOf } from "./architectures.ts";
import type { GgufHeader } from "./header.ts";
import { headCounts, keyReader, type KeyReader } from "./keys.ts";
import { ropeFactors } from "./rope-factors.ts";
import { ROPE_FACTORS } from "./stored-tensors.ts";

/** Keys of an architecture that are read, or that change no number; any other is refused by its name. */
const KNOWN = new Set([
  "context_length",
  "embedding_length",
  "block_count",
  "feed_forward_length",
  "vocab_size",
  "attention.head_count",
  "attention.head_count_kv",
  "attention.key_length",
  "attention.value_length",
  "attention.layer_norm_rms_epsilon",
  "attention.layer_norm_epsilon",
  "attention.sliding_window",
  "rope.dimension_count",
  "rope.freq_base",
  "rope.scale_linear",
  "rope.scaling.type",
  "rope.scaling.factor",
  "rope.scaling.original_context_length",
  "rope.scaling.attn_factor",
  "rope.scaling.yarn_beta_fast",
  "rope.scaling.yarn_beta_slow",
  "rope.scaling.finetuned",
  "expert_count",
  "expert_used_count",
  "tensor_data_layout",
]);

/**
 * What a GGUF file says of its model, as the config.json that Hugging Face's folder of the same model has.
 * @throws UniArmError model-unsupported, model-config-invalid
 */
export function ggufConfigJson(header: GgufHeader): Record<string, unknown> {
  const { modelType } = architectureOf(header);
  const prefix = `${String(header.values.get("general.architecture"))}.`;
  const keys = keyReader(header, prefix);
  refuseUncomputed(header, prefix, keys);
  const json = {
    ...tokensOf(header),
    tie_word_embeddings: !header.tensors.has("output.weight"),
    dtype: "float32",
  };
  return modelType === "gpt2" ? gpt2Json(header, keys, json) : llamaJson(header, keys, json);
}

function refuseUncomputed(header: GgufHeader, prefix: string, keys: KeyReader): void {
  const { values, path } = header;
  const unknown = [...values.keys()].find((key) => key.startsWith(prefix) && !KNOWN.has(key.slice(prefix.length)));
  if (unknown !== undefined)
    throw unsupported(path, `says ${unknown.slice(0, 80)}, which is not computed for this architecture`);
  const experts = keys.number("expert_count") ?? 0;
  if (experts > 0) throw unsupported(path, `has ${experts} experts a layer, which are not read from GGUF files`);
  const parts = values.get("split.count");
  if (typeof parts === "number" && parts > 1)
    throw unsupported(path, `is one of ${parts} parts of a model; join them with llama-gguf-split --merge`);
}

/** Special tokens, and how many there are: as many as the embedding has rows. */
function tokensOf({ values, tensors, path }: GgufHeader): Record<string, unknown> {
  const embedding = tensors.get("token_embd.weight");
  if (!embedding) throw new UniArmError("model-tensor-missing", `${path} has no tensor token_embd.weight.`);
  const id = (name: string): unknown => values.get(`tokenizer.ggml.${name}_token_id`);
  // a turn may end otherwise than a text, and answers end at either
  const ends = [...new Set([id("eos"), id("eot"), id("eom")].filter((one) => one !== undefined))];
  return {
    vocab_size: embedding.shape[0],
    bos_token_id: id("bos") ?? null,
    eos_token_id: ends.length > 1 ? ends : (ends[0] ?? null),
    pad_token_id: id("padding") ?? null,
  };
}

function llamaJson(header: GgufHeader, keys: KeyReader, json: Record<string, unknown>): Record<string, unknown> {
  const { tensors, path } = header;
  const { heads, keyValueHeads } = headCounts(header);
  const headSize = keys.number("attention.key_length") ?? keys.needed("embedding_length") / heads;
  const valueSize = keys.number("attention.value_length") ?? headSize;
  if (valueSize !== headSize)
    throw unsupported(path, `has keys of ${headSize} entries and values of ${valueSize}; they must be alike`);
  const turned = keys.number("rope.dimension_count") ?? headSize;
  if (turned !== headSize)
    throw unsupported(
      path,
      `turns ${turned} of ${headSize} entries of a head by position; all of them are turned here`,
    );
  const window = keys.number("attention.sliding_window") ?? 0;
  const said = architectureOf(header).modelType;
  const modelType = said === "llama" && window > 0 ? "mistral" : said;
  const hasBias = (...modules: string[]): boolean => modules.some((module) => tensors.has(`blk.0.${module}.bias`));
  const biases = {
    attention_bias: hasBias("attn_q", "attn_k", "attn_v", "attn_output"),
    mlp_bias: hasBias("ffn_gate", "ffn_up", "ffn_down"),
  };
  if (modelType === "mistral" && (biases.attention_bias || biases.mlp_bias))
    throw unsupported(path, `has biases, which models of type ${modelType} do not have here`);
  const theta = decimal(keys.number("rope.freq_base") ?? 10_000);
  return {
    ...json,
    model_type: modelType,
    ...(modelType === "llama" || modelType === "qwen3" ? { attention_bias: biases.attention_bias } : {}),
    ...(modelType === "llama" ? { mlp_bias: biases.mlp_bias } : {}),
    head_dim: headSize,
    hidden_act: "silu",
    hidden_size: keys.needed("embedding_length"),
    intermediate_size: keys.same("feed_forward_length"),
    max_position_embeddings: keys.needed("context_length"),
    num_attention_heads: heads,
    num_hidden_layers: keys.needed("block_count"),
    num_key_value_heads: keyValueHeads,
    rms_norm_eps: decimal(keys.needed("attention.layer_norm_rms_epsilon")),
    rope_theta: theta,
    ...ropeScaling(header, keys, headSize),
    ...(modelType === "mistral" ? { sliding_window: window > 0 ? window : null } : {}),
    ...(modelType.startsWith("qwen")
      ? { use_sliding_window: window > 0, sliding_window: window || null, max_window_layers: 0 }
      : {}),
  };
}

function gpt2Json(header: GgufHeader, keys: KeyReader, json: Record<string, unknown>): Record<string, unknown> {
  return {
    ...json,
    model_type: "gpt2",
    activation_function: "gelu_new",
    layer_norm_epsilon: decimal(keys.needed("attention.layer_norm_epsilon")),
    n_embd: keys.needed("embedding_length"),
    n_head: headCounts(header).heads,
    n_inner: keys.same("feed_forward_length"),
    n_layer: keys.needed("block_count"),
    n_positions: keys.needed("context_length"),
  };
}

/** Rotary scaling as config.json has it; frequencies that are each divided by a factor are longrope's, short as long. */
function ropeScaling(header: GgufHeader, keys: KeyReader, headSize: number): Record<string, unknown> {
  const { path } = header;
  const type = keys.text("rope.scaling.type") ?? (keys.number("rope.scale_linear") === undefined ? "none" : "linear");
  const factor = keys.number("rope.scaling.factor") ?? keys.number("rope.scale_linear");
  const attention = keys.number("rope.scaling.attn_factor") ?? 1;
  if (attention !== 1) throw unsupported(path, `asks for rope.scaling.attn_factor ${attention}; computed is 1`);
  const original = keys.number("rope.scaling.original_context_length");
  const factors = header.tensors.get(ROPE_FACTORS);
  if (factors) {
    if (type !== "none") throw unsupported(path, `has ${ROPE_FACTORS} beside rotary scaling of type ${type}`);
    const list = ropeFactors({ ...factors, path }, headSize / 2).map(decimal);
    return { rope_scaling: { rope_type: "longrope", short_factor: list, long_factor: list, attention_factor: 1 } };
  }
  if (type === "none") return {};
  const shared = { rope_type: type, factor: factor === undefined ? undefined : decimal(factor) };
  if (type === "linear") return { rope_scaling: shared };
  if (type !== "yarn") throw unsupported(path, `asks for rotary scaling of type ${JSON.stringify(type.slice(0, 80))}`);
  return {
    rope_scaling: {
      ...shared,
      ...(original === undefined ? {} : { original_max_position_embeddings: original }),
      beta_fast: keys.number("rope.scaling.yarn_beta_fast") ?? 32,
      beta_slow: keys.number("rope.scaling.yarn_beta_slow") ?? 1,
    },
  };
}

/** The shortest decimal number that is the same float32: 1e-5, not 0.000009999999747378752. */
function decimal(value: number): number {
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}

const unsupported = (path: string, what: string): UniArmError =>
  new UniArmError("model-unsupported", `${path} ${what}.`);
