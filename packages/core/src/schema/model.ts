import { z } from "zod";

/** What the transformer needs of a Llama config.json, whichever transformers version wrote it. */
export const ModelConfig = z.strictObject({
  modelType: z.literal("llama"),
  vocabularySize: z.int().positive(),
  hiddenSize: z.int().positive(),
  intermediateSize: z.int().positive(),
  layers: z.int().positive(),
  heads: z.int().positive(),
  keyValueHeads: z.int().positive(),
  headSize: z.int().positive(),
  contextTokens: z.int().positive(),
  rmsNormEpsilon: z.number().positive(),
  ropeTheta: z.number().positive(),
  tiedEmbeddings: z.boolean(),
  bosTokenId: z.int().nonnegative().nullable(),
  eosTokenIds: z.array(z.int().nonnegative()),
  padTokenId: z.int().nonnegative().nullable(),
});
export type ModelConfig = z.infer<typeof ModelConfig>;
