import { expect, test } from "vitest";
import { bucketOf } from "../../src/model/encoder-distances.ts";
import { parseEncoderJson } from "../../src/model/encoder-config.ts";
import { ENCODER_TYPES, EncoderConfig, type EncoderType } from "../../src/schema/encoder.ts";

const parse = (json: object): EncoderConfig => parseEncoderJson(json, "folder/config.json");

/** Of transformers 5.24, where config.json says nothing but the type: vocabulary, width, inner width, layers, heads, context, epsilon, token types. */
const DEFAULTS: Record<EncoderType, number[]> = {
  distilbert: [30522, 768, 3072, 6, 12, 512, 1e-12, 0],
  bert: [30522, 768, 3072, 12, 12, 512, 1e-12, 2],
  roberta: [50265, 768, 3072, 12, 12, 510, 1e-12, 2],
  "xlm-roberta": [30522, 768, 3072, 12, 12, 510, 1e-12, 2],
  camembert: [30522, 768, 3072, 12, 12, 510, 1e-12, 2],
  electra: [30522, 256, 1024, 12, 4, 512, 1e-12, 2],
  "deberta-v2": [128100, 1536, 6144, 24, 24, 512, 1e-7, 0],
  modernbert: [50368, 768, 1152, 22, 12, 8192, 1e-5, 0],
};

test.each(ENCODER_TYPES)("%s without any key has the defaults of its class", (type) => {
  const config = EncoderConfig.parse(parse({ model_type: type }));
  const { vocabularySize, hiddenSize, intermediateSize, layers, heads, contextTokens, normEpsilon, tokenTypes } =
    config;
  const numbers = [vocabularySize, hiddenSize, intermediateSize, layers, heads, contextTokens, normEpsilon, tokenTypes];
  expect(numbers).toEqual(DEFAULTS[type]);
  expect(config.activation).toBe("gelu");
});

test("ModernBERT's layers are global every third, the others see 64 tokens to each side", () => {
  const { rotary } = parse({ model_type: "modernbert", num_hidden_layers: 7 });
  expect(rotary).toEqual({ globalTheta: 160_000, localTheta: 10_000, localLayers: [1, 2, 4, 5], reach: 64 });
});

test("DeBERTa-v3's config.json is disentangled attention with shared keys", () => {
  const v3 = {
    model_type: "deberta-v2",
    relative_attention: true,
    position_buckets: 256,
    norm_rel_ebd: "layer_norm",
    share_att_key: true,
    pos_att_type: "p2c|c2p",
    max_relative_positions: -1,
    position_biased_input: false,
  };
  const { relative, scoreTerms, positions } = parse(v3);
  expect([scoreTerms, positions]).toEqual([3, null]);
  expect(relative).toEqual({
    span: 256,
    buckets: 256,
    farthest: 512,
    contentToPosition: true,
    positionToContent: true,
    sharedKeys: true,
    normed: true,
  });
});

test("far distances share the buckets that the reference puts them into", () => {
  const distances = [-1000, -511, -300, -129, -128, -1, 0, 1, 127, 128, 129, 130, 200, 256, 400, 511, 600];
  const relative = parse({ model_type: "deberta-v2", relative_attention: true, position_buckets: 256 }).relative!;
  expect(distances.map((distance) => bucketOf(distance, relative))).toEqual([
    -317, -255, -207, -129, -128, -1, 0, 1, 127, 128, 129, 130, 169, 192, 233, 255, 270,
  ]);
});

test.each([
  [
    "bert",
    { position_embedding_type: "relative_key_query" },
    'sets position_embedding_type to "relative_key_query", which is not computed; computed is "absolute".',
  ],
  ["bert", { is_decoder: true }, "sets is_decoder to true, which is not computed; computed is false."],
  [
    "bert",
    { pruned_heads: { "0": [1] } },
    'sets pruned_heads to {"0":[1]}, which is not computed; computed is all heads.',
  ],
  [
    "bert",
    { quantization_config: { bits: 4 } },
    'sets quantization_config to {"bits":4}, which is not computed; computed is F32, F16 or BF16 weights.',
  ],
  ["roberta", { hidden_act: "mish" }, 'sets hidden_act to "mish", which is not computed; computed is gelu,'],
  [
    "roberta",
    { pad_token_id: null },
    "sets pad_token_id to null, which is not computed; computed is the id that positions are numbered from.",
  ],
  ["roberta", { pad_token_id: 600 }, "has 512 positions, but pad_token_id 600 leaves none of them to a text."],
  ["deberta-v2", { conv_kernel_size: 3 }, "sets conv_kernel_size to 3, which is not computed; computed is 0."],
  [
    "deberta-v2",
    { pos_att_type: "c2p|p2p" },
    'sets pos_att_type to "c2p|p2p", which is not computed; computed is c2p and p2c.',
  ],
  [
    "deberta-v2",
    { relative_attention: true, position_buckets: 1 },
    "sets position_buckets to 1, which is not computed; computed is 2 or more, whose half is not 511.",
  ],
  ["modernbert", { layer_types: ["full_attention"] }, "has layer_types for 1 layers, but 22 layers."],
  [
    "modernbert",
    { num_attention_heads: 256 },
    "spreads 768 numbers over 256 heads: a head would have 3, which must be a whole number, even where positions are rotary.",
  ],
] as const)("a %s with %j is refused by that key", (type, keys, sentence) => {
  expect(() => parse({ model_type: type, ...keys })).toThrow(`folder/config.json ${sentence}`);
});

test("what is no encoder, and a key of the wrong kind, are named", () => {
  expect(() => parse({ model_type: "mpnet" })).toThrow(
    'folder/config.json describes a model of type "mpnet"; supported encoders are distilbert, bert,',
  );
  expect(() => parse({})).toThrow("folder/config.json describes no model_type; supported encoders are");
  expect(() => parse({ model_type: "bert", hidden_size: "wide" })).toThrow(
    /folder\/config\.json is not a config\.json of a bert model: .*hidden_size.*Take the file of the model's own repository\./,
  );
});
