import { z } from "zod";
import { ENCODER_TYPES, EncoderType, type EncoderActivation, type EncoderConfig } from "../schema/encoder.ts";
import { UniArmError } from "../schema/error.ts";
import {
  BertJson,
  DebertaJson,
  DistilBertJson,
  ElectraJson,
  ModernBertJson,
  RobertaJson,
  XlmRobertaJson,
} from "./encoder-json.ts";

/**
 * Reads what an encoder's forward pass needs from its config.json; a key that is absent has the default of transformers' class.
 * @param where named in errors: the file's path
 * @throws UniArmError model-unsupported with the key that asks for what is not computed, model-config-invalid
 */
export function parseEncoderJson(json: unknown, where: string): EncoderConfig {
  const type: unknown = typeof json === "object" && json !== null && "model_type" in json ? json.model_type : undefined;
  const known = EncoderType.safeParse(type);
  if (!known.success) {
    const what = typeof type === "string" ? `a model of type ${JSON.stringify(type.slice(0, 80))}` : "no model_type";
    throw unsupported(where, `describes ${what}; supported encoders are ${ENCODER_TYPES.join(", ")}`);
  }
  refuseWhatChangesNumbers(json as Record<string, unknown>, where);
  const config = READERS[known.data](json, { modelType: known.data, where });
  const size = config.hiddenSize / config.heads;
  if (!Number.isInteger(config.rotary ? size / 2 : size))
    throw unsupported(
      where,
      `spreads ${config.hiddenSize} numbers over ${config.heads} heads: a head would have ${size}, which must be a whole number, even where positions are rotary`,
    );
  return config;
}

interface About {
  modelType: EncoderType;
  where: string;
}

const READERS: Record<EncoderType, (json: unknown, about: About) => EncoderConfig> = {
  distilbert: distilBert,
  bert: (json, about) => bertLike(checked(BertJson, json, about), about),
  roberta: (json, about) => robertaLike(checked(RobertaJson, json, about), about),
  "xlm-roberta": (json, about) => robertaLike(checked(XlmRobertaJson, json, about), about),
  camembert: (json, about) => robertaLike(checked(XlmRobertaJson, json, about), about),
  electra: (json, about) => {
    const parsed = checked(ElectraJson, json, about);
    const config = bertLike(parsed, about);
    config.embeddingSize = parsed.embedding_size;
    config.head.activation = "gelu";
    return config;
  },
  "deberta-v2": deberta,
  modernbert: modernBert,
};

/** Keys of any encoder that ask for another computation. */
function refuseWhatChangesNumbers(json: Record<string, unknown>, where: string): void {
  const { position_embedding_type: positions = "absolute", is_decoder: decoder, pruned_heads: pruned } = json;
  if (positions !== "absolute") throw refused(where, "position_embedding_type", positions, '"absolute"');
  if (decoder === true) throw refused(where, "is_decoder", true, "false");
  if (typeof pruned === "object" && pruned !== null && Object.keys(pruned).length > 0)
    throw refused(where, "pruned_heads", pruned, "all heads");
  if (json.quantization_config != null)
    throw refused(where, "quantization_config", json.quantization_config, "F32, F16 or BF16 weights");
}

function distilBert(json: unknown, about: About): EncoderConfig {
  const config = checked(DistilBertJson, json, about);
  return {
    modelType: about.modelType,
    vocabularySize: config.vocab_size,
    hiddenSize: config.dim,
    embeddingSize: config.dim,
    intermediateSize: config.hidden_dim,
    layers: config.n_layers,
    heads: config.n_heads,
    contextTokens: config.max_position_embeddings,
    normEpsilon: 1e-12, // not in config.json
    activation: activationOf(config.activation, "activation", about),
    positions: { rows: config.max_position_embeddings, padTokenId: null },
    tokenTypes: 0,
    relative: null,
    scoreTerms: 1,
    rotary: null,
    biases: { attention: true, mlp: true, norm: true, head: true },
    head: { activation: "relu", pooling: "first" },
  };
}

function bertLike(config: z.infer<typeof BertJson>, about: About): EncoderConfig {
  return {
    modelType: about.modelType,
    vocabularySize: config.vocab_size,
    hiddenSize: config.hidden_size,
    embeddingSize: config.hidden_size,
    intermediateSize: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    contextTokens: config.max_position_embeddings,
    normEpsilon: config.layer_norm_eps,
    activation: activationOf(config.hidden_act, "hidden_act", about),
    positions: { rows: config.max_position_embeddings, padTokenId: null },
    tokenTypes: config.type_vocab_size,
    relative: null,
    scoreTerms: 1,
    rotary: null,
    biases: { attention: true, mlp: true, norm: true, head: true },
    head: { activation: "tanh", pooling: "first" },
  };
}

/** Places are numbered from the one after the pad id's number on: the context is that much shorter than the table. */
function robertaLike(parsed: z.infer<typeof BertJson>, about: About): EncoderConfig {
  const config = bertLike(parsed, about);
  const [rows, padTokenId] = [parsed.max_position_embeddings, parsed.pad_token_id];
  if (padTokenId === null) throw refused(about.where, "pad_token_id", null, "the id that positions are numbered from");
  const contextTokens = rows - padTokenId - 1;
  if (contextTokens < 1)
    throw unsupported(
      about.where,
      `has ${rows} positions, but pad_token_id ${padTokenId} leaves none of them to a text`,
    );
  config.contextTokens = contextTokens;
  config.positions = { rows, padTokenId };
  return config;
}

function deberta(json: unknown, about: About): EncoderConfig {
  const parsed = checked(DebertaJson, json, about);
  const { hidden_size: width, num_attention_heads: heads } = parsed;
  if (parsed.conv_kernel_size > 0) throw refused(about.where, "conv_kernel_size", parsed.conv_kernel_size, "0");
  const same = { embedding_size: width, pooler_hidden_size: width, attention_head_size: width / heads } as const;
  for (const [key, size] of Object.entries(same) as [keyof typeof same, number][])
    if (parsed[key] !== undefined && parsed[key] !== size) throw refused(about.where, key, parsed[key], String(size));
  const config = bertLike(checked(BertJson, parsed, about), about); // with DeBERTa's own defaults in place
  const terms = positionTerms(parsed.pos_att_type, about.where);
  const farthest = parsed.max_relative_positions < 1 ? parsed.max_position_embeddings : parsed.max_relative_positions;
  const buckets = parsed.position_buckets > 0 ? parsed.position_buckets : null;
  const middle = Math.floor((buckets ?? 2) / 2); // distances beyond it share buckets, by logarithms that must not divide by 0
  if (parsed.relative_attention && (middle < 1 || (buckets !== null && farthest - 1 === middle)))
    throw refused(about.where, "position_buckets", buckets, `2 or more, whose half is not ${farthest - 1}`);
  if (!parsed.position_biased_input) config.positions = null;
  config.scoreTerms = 1 + terms.size;
  config.relative = parsed.relative_attention
    ? {
        span: buckets ?? farthest,
        buckets,
        farthest,
        contentToPosition: terms.has("c2p"),
        positionToContent: terms.has("p2c"),
        sharedKeys: parsed.share_att_key,
        normed: normsOf(parsed.norm_rel_ebd).includes("layer_norm"),
      }
    : null;
  config.head.activation = activationOf(parsed.pooler_hidden_act, "pooler_hidden_act", about);
  return config;
}

const normsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split("|")
    .map((part) => part.trim());

function positionTerms(given: string | string[] | null | undefined, where: string): Set<string> {
  const list = typeof given === "string" ? normsOf(given) : (given ?? []);
  const strange = list.find((term) => term !== "c2p" && term !== "p2c");
  if (strange !== undefined) throw refused(where, "pos_att_type", given, "c2p and p2c");
  return new Set(list);
}

function modernBert(json: unknown, about: About): EncoderConfig {
  const config = checked(ModernBertJson, json, about);
  const count = config.num_hidden_layers;
  const every = config.global_attn_every_n_layers;
  const layerTypes =
    config.layer_types ??
    Array.from({ length: count }, (_, layer) => (layer % every === 0 ? "full_attention" : "sliding_attention"));
  if (layerTypes.length !== count)
    throw unsupported(about.where, `has layer_types for ${layerTypes.length} layers, but ${count} layers`);
  return {
    modelType: about.modelType,
    vocabularySize: config.vocab_size,
    hiddenSize: config.hidden_size,
    embeddingSize: config.hidden_size,
    intermediateSize: config.intermediate_size,
    layers: count,
    heads: config.num_attention_heads,
    contextTokens: config.max_position_embeddings,
    normEpsilon: config.norm_eps,
    activation: activationOf(config.hidden_activation, "hidden_activation", about),
    positions: null,
    tokenTypes: 0,
    relative: null,
    scoreTerms: 1,
    rotary: {
      globalTheta: thetaOf(config, "full_attention", about.where) ?? config.global_rope_theta,
      localTheta: thetaOf(config, "sliding_attention", about.where) ?? config.local_rope_theta,
      localLayers: layerTypes.flatMap((type, layer) => (type === "sliding_attention" ? [layer] : [])),
      reach: Math.floor(config.local_attention / 2),
    },
    biases: {
      attention: config.attention_bias,
      mlp: config.mlp_bias,
      norm: config.norm_bias,
      head: config.classifier_bias,
    },
    head: {
      activation: activationOf(config.classifier_activation, "classifier_activation", about),
      pooling: config.classifier_pooling === "cls" ? "first" : "mean",
    },
  };
}

function thetaOf(
  { rope_parameters: parameters, rope_scaling: scaling }: z.infer<typeof ModernBertJson>,
  type: "full_attention" | "sliding_attention",
  where: string,
): number | undefined {
  const rope = parameters?.[type];
  for (const [key, kind] of [
    [`rope_parameters.${type}.rope_type`, rope?.rope_type],
    ["rope_scaling.rope_type", scaling?.rope_type],
  ] as const)
    if (kind !== undefined && kind !== "default") throw refused(where, key, kind, '"default"');
  return rope?.rope_theta;
}

/** transformers' names of what is computed. */
const ACTIVATIONS: Record<string, EncoderActivation> = {
  gelu: "gelu",
  gelu_python: "gelu",
  gelu_new: "gelu-tanh",
  gelu_pytorch_tanh: "gelu-tanh",
  gelu_python_tanh: "gelu-tanh",
  gelu_accurate: "gelu-tanh",
  gelu_fast: "gelu-tanh",
  relu: "relu",
  silu: "silu",
  swish: "silu",
  tanh: "tanh",
};

function activationOf(name: string, key: string, { where }: About): EncoderActivation {
  if (Object.hasOwn(ACTIVATIONS, name)) return ACTIVATIONS[name]!;
  throw refused(where, key, name, Object.keys(ACTIVATIONS).join(", "));
}

function checked<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
  { modelType, where }: About,
): z.infer<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const what = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " ");
  throw new UniArmError(
    "model-config-invalid",
    `${where} is not a config.json of a ${modelType} model: ${what}. Take the file of the model's own repository.`,
  );
}

const refused = (where: string, key: string, value: unknown, computed: string): UniArmError =>
  unsupported(
    where,
    `sets ${key} to ${JSON.stringify(value).slice(0, 80)}, which is not computed; computed is ${computed}`,
  );

function unsupported(where: string, what: string): UniArmError {
  return new UniArmError("model-unsupported", `${where} ${what}.`);
}
