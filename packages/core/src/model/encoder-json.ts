import { z } from "zod";

/** No published model comes near; a file that exceeds one of these is broken or hostile. */
const MOST = { vocabulary: 2 ** 24, width: 2 ** 20, layers: 4096, context: 2 ** 26 } as const;

const vocabulary = z.int().positive().max(MOST.vocabulary);
const width = z.int().positive().max(MOST.width);
const layers = z.int().positive().max(MOST.layers);
const context = z.int().positive().max(MOST.context);
const tokenId = z.int().nonnegative().max(MOST.vocabulary);
const epsilon = z.number().positive();
const types = z.int().nonnegative().max(64);

/** config.json of BERT and those that are computed as it is; a key that is absent has the default of transformers' class. */
const bertJson = (vocabularySize: number, pad: number) =>
  z.looseObject({
    vocab_size: vocabulary.default(vocabularySize),
    hidden_size: width.default(768),
    num_hidden_layers: layers.default(12),
    num_attention_heads: width.default(12),
    intermediate_size: width.default(3072),
    hidden_act: z.string().default("gelu"),
    max_position_embeddings: context.default(512),
    type_vocab_size: types.default(2),
    layer_norm_eps: epsilon.default(1e-12),
    pad_token_id: tokenId.nullable().default(pad),
  });

export const BertJson = bertJson(30_522, 0);
export const RobertaJson = bertJson(50_265, 1);
export const XlmRobertaJson = bertJson(30_522, 1);

export const ElectraJson = BertJson.extend({
  embedding_size: width.default(128),
  hidden_size: width.default(256),
  num_attention_heads: width.default(4),
  intermediate_size: width.default(1024),
});

export const DistilBertJson = z.looseObject({
  vocab_size: vocabulary.default(30_522),
  dim: width.default(768),
  hidden_dim: width.default(3072),
  n_heads: width.default(12),
  n_layers: layers.default(6),
  max_position_embeddings: context.default(512),
  activation: z.string().default("gelu"),
});

export const DebertaJson = z.looseObject({
  vocab_size: vocabulary.default(128_100),
  hidden_size: width.default(1536),
  embedding_size: width.optional(),
  attention_head_size: width.optional(),
  pooler_hidden_size: width.optional(),
  num_hidden_layers: layers.default(24),
  num_attention_heads: width.default(24),
  intermediate_size: width.default(6144),
  hidden_act: z.string().default("gelu"),
  pooler_hidden_act: z.string().default("gelu"),
  max_position_embeddings: context.default(512),
  type_vocab_size: types.default(0),
  layer_norm_eps: epsilon.default(1e-7),
  position_biased_input: z.boolean().default(true),
  relative_attention: z.boolean().default(false),
  max_relative_positions: z.int().max(MOST.context).default(-1),
  position_buckets: z.int().max(MOST.context).default(-1),
  pos_att_type: z.union([z.string(), z.array(z.string())]).nullish(),
  share_att_key: z.boolean().default(false),
  norm_rel_ebd: z.string().default("none"),
  conv_kernel_size: z.int().default(0),
});

const RopeParameters = z.looseObject({
  rope_type: z.string().default("default"),
  rope_theta: z.number().positive().optional(),
});

export const ModernBertJson = z.looseObject({
  vocab_size: vocabulary.default(50_368),
  hidden_size: width.default(768),
  intermediate_size: width.default(1152),
  num_hidden_layers: layers.default(22),
  num_attention_heads: width.default(12),
  hidden_activation: z.string().default("gelu"),
  max_position_embeddings: context.default(8192),
  norm_eps: epsilon.default(1e-5),
  norm_bias: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  classifier_bias: z.boolean().default(false),
  classifier_activation: z.string().default("gelu"),
  classifier_pooling: z.enum(["cls", "mean"]).default("cls"),
  layer_types: z
    .array(z.enum(["full_attention", "sliding_attention"]))
    .max(MOST.layers)
    .nullish(),
  global_attn_every_n_layers: z.int().positive().default(3),
  local_attention: z.int().positive().default(128),
  global_rope_theta: z.number().positive().default(160_000),
  local_rope_theta: z.number().positive().default(10_000),
  rope_scaling: z.looseObject({ rope_type: z.string().default("default") }).nullish(),
  rope_parameters: z
    .looseObject({ full_attention: RopeParameters.nullish(), sliding_attention: RopeParameters.nullish() })
    .nullish(),
});
