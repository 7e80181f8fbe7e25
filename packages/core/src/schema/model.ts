import { z } from "zod";

/** The supported values of `model_type` in config.json. */
export const MODEL_TYPES = ["llama", "mistral", "qwen2", "qwen3", "gpt2"] as const;
export const ModelType = z.enum(MODEL_TYPES);
export type ModelType = z.infer<typeof ModelType>;

/** How rotary frequencies are stretched for contexts longer than those of pre-training. */
export const RopeScaling = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("linear"), factor: z.number().positive() }),
  z
    .strictObject({
      kind: z.literal("llama3"),
      factor: z.number().positive(),
      lowFrequencyFactor: z.number().positive(),
      highFrequencyFactor: z.number().positive(),
      originalContextTokens: z.int().positive(),
    })
    .refine(
      (scaling) => scaling.highFrequencyFactor > scaling.lowFrequencyFactor,
      "the high factor must be above the low",
    ),
]);
export type RopeScaling = z.infer<typeof RopeScaling>;

/** What the transformer needs of a config.json, whichever version of transformers wrote it. */
export const ModelConfig = z.strictObject({
  modelType: ModelType,
  vocabularySize: z.int().positive(),
  hiddenSize: z.int().positive(),
  intermediateSize: z.int().positive(),
  layers: z.int().positive(),
  heads: z.int().positive(),
  keyValueHeads: z.int().positive(),
  headSize: z.int().positive(),
  contextTokens: z.int().positive(),
  normEpsilon: z.number().positive(),
  rope: z
    .strictObject({ theta: z.number().positive(), scaling: RopeScaling.nullable() })
    .nullable()
    .describe("rotary positions; null where positions are learned vectors"),
  slidingWindow: z
    .strictObject({ tokens: z.int().positive(), layers: z.array(z.int().nonnegative()) })
    .nullable()
    .describe("layers in which a token sees itself and the tokens - 1 before it; the others see all before it"),
  tiedEmbeddings: z.boolean(),
  bosTokenId: z.int().nonnegative().nullable(),
  eosTokenIds: z.array(z.int().nonnegative()),
  padTokenId: z.int().nonnegative().nullable(),
});
export type ModelConfig = z.infer<typeof ModelConfig>;
