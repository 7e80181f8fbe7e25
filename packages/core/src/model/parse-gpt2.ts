import { z } from "zod";
import type { ModelConfig } from "../schema/model.ts";
import { activationOf, layerCount, vocabularyKeys, vocabularyOf, width } from "./config-json-keys.ts";
import { MOST } from "./config-limits.ts";
import { FAMILIES } from "./family.ts";

const positions = z.int().positive().max(MOST.context);

export const Gpt2Json = z.looseObject({
  ...vocabularyKeys,
  n_embd: width,
  n_inner: width.nullish(),
  n_layer: layerCount,
  n_head: width,
  n_positions: positions,
  // other names of four of them, which win
  hidden_size: width.optional(),
  num_hidden_layers: layerCount.optional(),
  num_attention_heads: width.optional(),
  max_position_embeddings: positions.optional(),
  layer_norm_epsilon: z.number().positive(),
  activation_function: z.string(),
  scale_attn_weights: z.boolean(),
  scale_attn_by_inverse_layer_idx: z.boolean(),
});

/** @throws UniArmError model-unsupported */
export function gpt2Config(config: z.infer<typeof Gpt2Json>, where: string): ModelConfig {
  const hiddenSize = config.hidden_size ?? config.n_embd;
  const heads = config.num_attention_heads ?? config.n_head;
  const activation = activationOf(config.activation_function, where);
  const attention = {
    ...(config.scale_attn_weights ? {} : { scale: 1 }),
    ...(config.scale_attn_by_inverse_layer_idx ? { byDepth: true } : {}),
  };
  return {
    modelType: "gpt2",
    hiddenSize,
    intermediateSize: config.n_inner ?? 4 * hiddenSize,
    layers: config.num_hidden_layers ?? config.n_layer,
    heads,
    keyValueHeads: heads,
    headSize: hiddenSize / heads,
    contextTokens: config.max_position_embeddings ?? config.n_positions,
    normEpsilon: config.layer_norm_epsilon,
    ...(activation === FAMILIES.gpt2.activation ? {} : { activation }),
    ...(Object.keys(attention).length === 0 ? {} : { attention }),
    rope: null,
    slidingWindow: null,
    ...vocabularyOf(config),
  };
}
