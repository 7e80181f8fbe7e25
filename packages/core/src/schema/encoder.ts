import { z } from "zod";

/** config.json of a DistilBERT: an encoder, the backbone of classifiers, not a language model. */
export const EncoderConfig = z.looseObject({
  model_type: z.literal("distilbert"),
  vocab_size: z
    .int()
    .positive()
    .max(2 ** 24),
  dim: z
    .int()
    .positive()
    .max(2 ** 20),
  hidden_dim: z
    .int()
    .positive()
    .max(2 ** 20),
  n_heads: z.int().positive(),
  n_layers: z.int().positive().max(4096),
  max_position_embeddings: z
    .int()
    .positive()
    .max(2 ** 26),
  activation: z.literal("gelu").default("gelu"),
});
export type EncoderConfig = z.infer<typeof EncoderConfig>;
