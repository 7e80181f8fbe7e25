import { z } from "zod";
import type { ModelConfig, ModelType } from "../schema/model.ts";
import type { Rope } from "../schema/rope.ts";
import { activationOf, layerCount, vocabularyKeys, vocabularyOf, width } from "./config-json-keys.ts";
import { MOST } from "./config-limits.ts";
import { FAMILIES } from "./family.ts";
import { extraKeys, extrasOf } from "./parse-extras.ts";
import { parseRope, RopeJson } from "./parse-rope.ts";
import { windowKeys, windowOf } from "./parse-windows.ts";

const context = z.int().positive().max(MOST.context);
const perLayerType = { full_attention: RopeJson.nullish(), sliding_attention: RopeJson.nullish() };

/** Keys that some classes read and others do not. */
const classKeys = {
  ...windowKeys,
  ...extraKeys,
  hidden_act: z.string().optional(),
  hidden_activation: z.string().optional(),
  attention_bias: z.boolean().optional(),
  mlp_bias: z.boolean().optional(),
  rope_local_base_freq: z.number().positive().nullish(),
};
export const CLASS_KEYS = Object.keys(classKeys);

/** config.json of the Llama-like families as transformers 4 (rope_theta, rope_scaling) and 5 (rope_parameters) write it. */
export const LlamaJson = z.looseObject({
  ...vocabularyKeys,
  ...classKeys,
  hidden_size: width,
  intermediate_size: width,
  num_hidden_layers: layerCount,
  num_attention_heads: width,
  num_key_value_heads: width.nullish(),
  head_dim: width.nullish(),
  max_position_embeddings: context,
  original_max_position_embeddings: context.nullish(),
  rms_norm_eps: z.number().positive(),
  rope_theta: z.number().positive().nullish(),
  partial_rotary_factor: z.number().positive().max(1).nullish(),
  rope_scaling: RopeJson.nullish(),
  rope_parameters: RopeJson.extend(perLayerType).nullish(),
});
export type LlamaJson = z.infer<typeof LlamaJson>;

/** @throws UniArmError model-unsupported, model-config-invalid */
export function llamaConfig(config: LlamaJson, modelType: ModelType, where: string): ModelConfig {
  const heads = config.num_attention_heads;
  const headSize = config.head_dim ?? Math.floor(config.hidden_size / heads);
  const activation = activationOf(activationName(config, modelType), where);
  const { biases } = FAMILIES[modelType];
  const declared = {
    attention: biases.attention === "config" && config.attention_bias === true,
    mlp: biases.mlp === "config" && config.mlp_bias === true,
  };
  const extras = extrasOf(config, modelType, headSize, where);
  return {
    modelType,
    hiddenSize: config.hidden_size,
    intermediateSize: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads,
    keyValueHeads: config.num_key_value_heads ?? heads,
    headSize,
    contextTokens: config.max_position_embeddings,
    normEpsilon: config.rms_norm_eps,
    ...(activation === FAMILIES[modelType].activation ? {} : { activation }),
    ...(declared.attention || declared.mlp ? { biases: declared } : {}),
    ...extras,
    ...ropesOf(config, modelType, headSize, where),
    slidingWindow: windowOf(config, modelType, extras.layersWithoutRope ?? [], where),
    ...vocabularyOf(config),
  };
}

/** Gemma 2 and 3 have a key of their own. The first Gemma's files say gelu and mean its tanh formula. */
function activationName({ hidden_act, hidden_activation }: LlamaJson, modelType: ModelType): string {
  if (modelType === "gemma2" || modelType === "gemma3_text") return hidden_activation!;
  return modelType === "gemma" && hidden_act === "gelu" ? "gelu_pytorch_tanh" : hidden_act!;
}

/** What the classes' rotary positions turn by where config.json gives null. */
const DEFAULT_THETA = 10_000;
/** rope_theta is of the layers that see everything; the others have the class's own where config.json does not name theirs */
const OLMO3_WINDOWED_THETA = 500_000;

function ropesOf(
  config: LlamaJson,
  modelType: ModelType,
  headSize: number,
  where: string,
): { rope: Rope; windowedRope?: Rope } {
  const setting = {
    headSize,
    contextTokens: config.max_position_embeddings,
    partialFactor: config.partial_rotary_factor ?? null,
    originalContextTokens: config.original_max_position_embeddings ?? null,
    canBePartial: modelType === "phi3",
    where,
  };
  const { rope_scaling: older, rope_parameters: newer } = config;
  const theta = config.rope_theta ?? DEFAULT_THETA;
  if (modelType === "gemma3_text" || modelType === "olmo3") {
    const full = { ...newer?.full_attention, ...older }; // rope_scaling is of the layers that see everything
    const local = newer?.sliding_attention ?? {};
    for (const one of [full, local]) one.truncate = newer?.truncate; // the class looks for it beside them
    const own = modelType === "olmo3" ? OLMO3_WINDOWED_THETA : config.rope_local_base_freq;
    return {
      rope: parseRope(full, { ...setting, theta }),
      windowedRope: parseRope(local, { ...setting, theta: own ?? DEFAULT_THETA }),
    };
  }
  // where both layouts stand in one file, transformers takes the older one if it holds anything
  const given = older && Object.keys(older).length > 0 ? older : (newer ?? {});
  return { rope: parseRope(modelType === "phi3" ? phi3Rope(given) : given, { ...setting, theta }) };
}

/** Phi-3's first files have two other names for longrope. */
function phi3Rope(json: RopeJson): RopeJson {
  const type = json.rope_type ?? json.type;
  return type === "su" || type === "yarn" ? { ...json, rope_type: "longrope" } : json;
}
