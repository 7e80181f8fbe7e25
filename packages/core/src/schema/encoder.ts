import { z } from "zod";

/** The supported values of `model_type` in config.json of an encoder. */
export const ENCODER_TYPES = [
  "distilbert",
  "bert",
  "roberta",
  "xlm-roberta",
  "camembert",
  "electra",
  "deberta-v2",
  "modernbert",
] as const;
export const EncoderType = z.enum(ENCODER_TYPES);
export type EncoderType = z.infer<typeof EncoderType>;

/** Activations by what they compute; transformers has several names for some. */
export const EncoderActivation = z.enum(["gelu", "gelu-tanh", "relu", "silu", "tanh"]);
export type EncoderActivation = z.infer<typeof EncoderActivation>;

/** What the forward pass of an encoder needs of a config.json: the backbone of classifiers, not a language model. */
export const EncoderConfig = z.strictObject({
  modelType: EncoderType,
  vocabularySize: z.int().positive(),
  hiddenSize: z.int().positive(),
  embeddingSize: z.int().positive().describe("width of a token's vector before it is made as wide as the rest"),
  intermediateSize: z.int().positive(),
  layers: z.int().positive(),
  heads: z.int().positive(),
  contextTokens: z.int().positive(),
  normEpsilon: z.number().positive(),
  activation: EncoderActivation,
  positions: z
    .strictObject({ rows: z.int().positive(), padTokenId: z.int().nonnegative().nullable() })
    .nullable()
    .describe("a learned vector for each place; with a pad id, places count the other ids and start after it"),
  tokenTypes: z.int().nonnegative().describe("kinds of tokens, such as first and second text, with a vector each"),
  relative: z
    .strictObject({
      span: z.int().positive().describe("distances in each direction that have a vector of their own"),
      buckets: z.int().positive().nullable().describe("far distances share vectors, this many in both directions"),
      farthest: z.int().positive().describe("distance from which on all share one"),
      contentToPosition: z.boolean(),
      positionToContent: z.boolean(),
      sharedKeys: z.boolean().describe("positions go through the queries' and keys' own matrices"),
      normed: z.boolean(),
    })
    .nullable()
    .describe("DeBERTa's disentangled attention"),
  scoreTerms: z
    .int()
    .positive()
    .describe("kinds of terms in an attention score: their sum is divided by sqrt(terms * head size)"),
  rotary: z
    .strictObject({
      globalTheta: z.number().positive(),
      localTheta: z.number().positive(),
      localLayers: z.array(z.int().nonnegative()),
      reach: z.int().nonnegative().describe("tokens to each side that a token of a local layer sees"),
    })
    .nullable(),
  biases: z.strictObject({ attention: z.boolean(), mlp: z.boolean(), norm: z.boolean(), head: z.boolean() }),
  head: z.strictObject({
    activation: EncoderActivation,
    pooling: z.enum(["first", "mean"]).describe("whether the head reads the first token or the mean of all"),
  }),
});
export type EncoderConfig = z.infer<typeof EncoderConfig>;
