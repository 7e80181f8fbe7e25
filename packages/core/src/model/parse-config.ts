import { z } from "zod";
import { UniArmError } from "../schema/error.ts";
import { MODEL_TYPES, ModelConfig, ModelType, type RopeScaling } from "../schema/model.ts";

/** No published model comes near; a file that exceeds one of these is broken or hostile. */
const MOST = { vocabulary: 2 ** 24, width: 2 ** 20, layers: 4096, context: 2 ** 26 } as const;

const tokenId = z.int().nonnegative().max(MOST.vocabulary);
const width = z.int().positive().max(MOST.width);
const Rope = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(), // older name of rope_type
  rope_theta: z.number().positive().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: z.int().positive().max(MOST.context).optional(),
});
type Rope = z.infer<typeof Rope>;

const common = {
  vocab_size: z.int().positive().max(MOST.vocabulary),
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId).max(1000)]).nullish(),
  pad_token_id: z.int().nullish(),
};

/** config.json of the Llama-like families as transformers 4 (rope_theta, rope_scaling) and 5 (rope_parameters) write it. */
const LlamaJson = z.looseObject({
  ...common,
  hidden_size: width,
  intermediate_size: width,
  num_hidden_layers: z.int().positive().max(MOST.layers),
  num_attention_heads: width,
  num_key_value_heads: width.nullish(),
  head_dim: width.nullish(),
  max_position_embeddings: z.int().positive().max(MOST.context),
  rms_norm_eps: z.number().positive().default(1e-6),
  hidden_act: z.string().default("silu"),
  rope_theta: z.number().positive().optional(),
  rope_scaling: Rope.nullish(),
  rope_parameters: Rope.nullish(),
  tie_word_embeddings: z.boolean().default(false),
  sliding_window: z.int().positive().nullish(),
  use_sliding_window: z.boolean().optional(),
  max_window_layers: z.int().nonnegative().optional(),
  layer_types: z.array(z.string()).max(MOST.layers).nullish(),
});
type LlamaJson = z.infer<typeof LlamaJson>;

const Gpt2Json = z.looseObject({
  ...common,
  n_embd: width,
  n_inner: width.nullish(),
  n_layer: z.int().positive().max(MOST.layers),
  n_head: width,
  n_positions: z.int().positive().max(MOST.context),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  activation_function: z.string().default("gelu_new"),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
});

const DEFAULT_ROPE_THETA = 10_000;

/**
 * Reads what the transformer needs from a config.json of either layout; other keys are ignored.
 * @param where named in errors: the file's path
 * @throws UniArmError model-unsupported, model-config-invalid
 */
export function parseConfigJson(json: unknown, where: string): ModelConfig {
  const type: unknown = typeof json === "object" && json !== null && "model_type" in json ? json.model_type : undefined;
  const known = ModelType.safeParse(type);
  if (!known.success) {
    const what = typeof type === "string" ? `a model of type ${JSON.stringify(type.slice(0, 80))}` : "no model_type";
    throw unsupported(where, `describes ${what}; supported are ${MODEL_TYPES.join(", ")}`);
  }
  if ((json as { quantization_config?: unknown }).quantization_config != null)
    throw unsupported(where, "says that the weights are quantized; expected F32, F16 or BF16 weights");
  const parsed = known.data === "gpt2" ? gpt2Config(json, where) : llamaConfig(json, known.data, where);
  const { heads, keyValueHeads, headSize } = parsed;
  if (!Number.isInteger(headSize) || headSize % 2 !== 0)
    throw unsupported(where, `asks for heads of size ${headSize}; it must be an even whole number`);
  if (heads % keyValueHeads !== 0) {
    const what = `asks for ${heads} heads over ${keyValueHeads} key-value heads; the second must divide the first`;
    throw unsupported(where, what);
  }
  return checked(ModelConfig, parsed, known.data, where);
}

function llamaConfig(json: unknown, modelType: ModelType, where: string): ModelConfig {
  const config = checked(LlamaJson, json, modelType, where);
  if (config.hidden_act !== "silu") throw unsupportedActivation(where, config.hidden_act, "silu");
  const heads = config.num_attention_heads;
  return {
    modelType,
    hiddenSize: config.hidden_size,
    intermediateSize: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads,
    keyValueHeads: config.num_key_value_heads ?? heads,
    headSize: config.head_dim ?? config.hidden_size / heads,
    contextTokens: config.max_position_embeddings,
    normEpsilon: config.rms_norm_eps,
    rope: {
      theta: config.rope_parameters?.rope_theta ?? config.rope_theta ?? DEFAULT_ROPE_THETA,
      scaling: ropeScaling(config.rope_parameters ?? config.rope_scaling ?? {}, where),
    },
    slidingWindow: slidingWindow(config, modelType),
    tiedEmbeddings: config.tie_word_embeddings,
    ...vocabularyOf(config),
  };
}

function gpt2Config(json: unknown, where: string): ModelConfig {
  const config = checked(Gpt2Json, json, "gpt2", where);
  if (!GELU_BY_TANH.includes(config.activation_function))
    throw unsupportedActivation(where, config.activation_function, GELU_BY_TANH.join(" and "));
  if (!config.scale_attn_weights || config.scale_attn_by_inverse_layer_idx)
    throw unsupported(where, "asks for attention scores scaled otherwise than by the head's size");
  return {
    modelType: "gpt2",
    hiddenSize: config.n_embd,
    intermediateSize: config.n_inner ?? 4 * config.n_embd,
    layers: config.n_layer,
    heads: config.n_head,
    keyValueHeads: config.n_head,
    headSize: config.n_embd / config.n_head,
    contextTokens: config.n_positions,
    normEpsilon: config.layer_norm_epsilon,
    rope: null,
    slidingWindow: null,
    tiedEmbeddings: config.tie_word_embeddings,
    ...vocabularyOf(config),
  };
}

/** Two names of one formula. */
const GELU_BY_TANH = ["gelu_new", "gelu_pytorch_tanh"];

function checked<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
  modelType: ModelType,
  where: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const what = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " ");
  throw new UniArmError(
    "model-config-invalid",
    `${where} is not a config.json of a ${modelType} model: ${what}. Take the file of the model's own repository.`,
  );
}

function vocabularyOf({
  vocab_size,
  bos_token_id,
  eos_token_id,
  pad_token_id,
}: z.infer<z.ZodObject<typeof common>>): Pick<
  ModelConfig,
  "vocabularySize" | "bosTokenId" | "eosTokenIds" | "padTokenId"
> {
  const eos = eos_token_id ?? [];
  return {
    vocabularySize: vocab_size,
    bosTokenId: bos_token_id ?? null,
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
    padTokenId: pad_token_id != null && pad_token_id >= 0 ? pad_token_id : null, // Llama 1 wrote -1
  };
}

function ropeScaling(rope: Rope, where: string): RopeScaling | null {
  const type = rope.rope_type ?? rope.type ?? "default";
  if (type === "default") return null;
  const need = <T>(value: T | undefined, key: string): T => {
    if (value !== undefined) return value;
    throw new UniArmError("model-config-invalid", `${where} asks for rotary scaling of type "${type}" without ${key}.`);
  };
  const factor = (): number => need(rope.factor, "factor");
  if (type === "linear") return { kind: "linear", factor: factor() };
  if (type === "llama3") {
    return {
      kind: "llama3",
      factor: factor(),
      lowFrequencyFactor: need(rope.low_freq_factor, "low_freq_factor"),
      highFrequencyFactor: need(rope.high_freq_factor, "high_freq_factor"),
      originalContextTokens: need(rope.original_max_position_embeddings, "original_max_position_embeddings"),
    };
  }
  const shown = JSON.stringify(type.slice(0, 80));
  throw unsupported(where, `asks for rotary scaling of type ${shown}; supported are default, linear, llama3`);
}

/** Mistral's window is every layer's; Qwen's is for the layers that layer_types names, or those from max_window_layers on. */
function slidingWindow(config: LlamaJson, modelType: ModelType): ModelConfig["slidingWindow"] {
  const isQwen = modelType === "qwen2" || modelType === "qwen3";
  const tokens = isQwen && config.use_sliding_window !== true ? null : (config.sliding_window ?? null);
  if (tokens === null || modelType === "llama") return null;
  const isWindowed = (layer: number): boolean => {
    if (!isQwen) return true;
    if (config.layer_types) return config.layer_types[layer] === "sliding_attention";
    return layer >= (config.max_window_layers ?? 0);
  };
  const layers = Array.from({ length: config.num_hidden_layers }, (_, layer) => layer).filter(isWindowed);
  return layers.length > 0 ? { tokens, layers } : null;
}

function unsupported(where: string, what: string): UniArmError {
  return new UniArmError("model-unsupported", `${where} ${what}.`);
}

const unsupportedActivation = (where: string, given: string, computed: string): UniArmError =>
  unsupported(where, `asks for the activation ${JSON.stringify(given.slice(0, 80))}; supported is ${computed}`);
