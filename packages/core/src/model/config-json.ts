import { z } from "zod";
import { ModelConfig } from "../schema/model.ts";
import { UniArmError } from "../schema/error.ts";

const tokenId = z.int().nonnegative();
const Rope = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(), // older name of rope_type
  rope_theta: z.number().positive().optional(),
});

/** config.json as transformers 4 (rope_theta, rope_scaling) and 5 (rope_parameters) write it; the rest of the keys is let through. */
const LlamaJson = z.looseObject({
  model_type: z.literal("llama"),
  vocab_size: z.int().positive(),
  hidden_size: z.int().positive(),
  intermediate_size: z.int().positive(),
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  num_key_value_heads: z.int().positive().nullish(),
  head_dim: z.int().positive().nullish(),
  max_position_embeddings: z.int().positive(),
  rms_norm_eps: z.number().positive().default(1e-6),
  hidden_act: z.string().default("silu"),
  rope_theta: z.number().positive().optional(),
  rope_scaling: Rope.nullish(),
  rope_parameters: Rope.nullish(),
  tie_word_embeddings: z.boolean().default(false),
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  pad_token_id: z.int().nullish(),
});
type LlamaJson = z.infer<typeof LlamaJson>;

const DEFAULT_ROPE_THETA = 10_000;

/**
 * Reads what the transformer needs from a Llama config.json of either layout.
 * @param where named in errors: the file's path
 * @throws UniArmError model-unsupported, model-config-invalid
 */
export function parseConfigJson(json: unknown, where: string): ModelConfig {
  const type: unknown = typeof json === "object" && json !== null && "model_type" in json ? json.model_type : undefined;
  if (typeof type === "string" && type !== "llama") {
    throw new UniArmError(
      "model-unsupported",
      `${where} describes a model of type "${type}"; this version reads "llama" only.`,
    );
  }
  const parsed = LlamaJson.safeParse(json);
  if (!parsed.success) {
    throw new UniArmError(
      "model-config-invalid",
      `${where} is not a Llama config.json: ${z.prettifyError(parsed.error).replaceAll("\n", " ")}.`,
    );
  }
  const config = parsed.data;
  checkSupported(config, where);
  const heads = config.num_attention_heads;
  const eos = config.eos_token_id ?? [];
  return ModelConfig.parse({
    modelType: "llama",
    vocabularySize: config.vocab_size,
    hiddenSize: config.hidden_size,
    intermediateSize: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads,
    keyValueHeads: config.num_key_value_heads ?? heads,
    headSize: config.head_dim ?? config.hidden_size / heads,
    contextTokens: config.max_position_embeddings,
    rmsNormEpsilon: config.rms_norm_eps,
    ropeTheta: config.rope_parameters?.rope_theta ?? config.rope_theta ?? DEFAULT_ROPE_THETA,
    tiedEmbeddings: config.tie_word_embeddings,
    bosTokenId: config.bos_token_id ?? null,
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
    padTokenId: config.pad_token_id != null && config.pad_token_id >= 0 ? config.pad_token_id : null, // Llama 1 wrote -1
  });
}

function checkSupported(config: LlamaJson, where: string): void {
  const unsupported = (what: string): never => {
    throw new UniArmError("model-unsupported", `${where} asks for ${what}.`);
  };
  const rope = config.rope_parameters ?? config.rope_scaling;
  const ropeType = rope?.rope_type ?? rope?.type ?? "default";
  if (ropeType !== "default")
    unsupported(`rotary scaling of type "${ropeType}"; this version computes the default kind only`);
  if (config.hidden_act !== "silu")
    unsupported(`the activation "${config.hidden_act}"; this version computes "silu" only`);
  const heads = config.num_attention_heads;
  const shared = config.num_key_value_heads ?? heads;
  const size = config.head_dim ?? config.hidden_size / heads;
  if (!Number.isInteger(size) || size % 2 !== 0)
    unsupported(`heads of size ${size}; rotary embedding needs an even whole number`);
  if (heads % shared !== 0)
    unsupported(`${heads} heads over ${shared} key-value heads; the second must divide the first`);
}

/** config.json that transformers 4 and 5 both read. */
export function configJson(config: ModelConfig, biases: { attention: boolean; mlp: boolean }): Record<string, unknown> {
  const { eosTokenIds } = config;
  return {
    architectures: ["LlamaForCausalLM"],
    attention_bias: biases.attention,
    attention_dropout: 0,
    bos_token_id: config.bosTokenId,
    dtype: "float32",
    eos_token_id: eosTokenIds.length === 0 ? null : eosTokenIds.length === 1 ? eosTokenIds[0] : eosTokenIds,
    head_dim: config.headSize,
    hidden_act: "silu",
    hidden_size: config.hiddenSize,
    initializer_range: 0.02,
    intermediate_size: config.intermediateSize,
    max_position_embeddings: config.contextTokens,
    mlp_bias: biases.mlp,
    model_type: "llama",
    num_attention_heads: config.heads,
    num_hidden_layers: config.layers,
    num_key_value_heads: config.keyValueHeads,
    pad_token_id: config.padTokenId,
    rms_norm_eps: config.rmsNormEpsilon,
    rope_parameters: { rope_theta: config.ropeTheta, rope_type: "default" },
    rope_scaling: null,
    rope_theta: config.ropeTheta,
    tie_word_embeddings: config.tiedEmbeddings,
    torch_dtype: "float32",
    use_cache: true,
    vocab_size: config.vocabularySize,
  };
}
