import { z } from "zod";

const ids = z.array(z.array(z.int().nonnegative()).min(1)).min(1);

/** Results of another implementation for a model: logits, log-probabilities and greedy continuations of a left-padded batch. */
export const ModelExpectation = z.looseObject({
  tolerance: z.looseObject({ logits_abs: z.number().positive(), logprobs_abs: z.number().positive() }),
  input_ids: ids,
  attention_mask: z.array(z.array(z.union([z.literal(0), z.literal(1)]))),
  logits: z.object({ at: z.array(z.tuple([z.int(), z.int()])), values: z.array(z.array(z.number())) }),
  token_logprobs: z.array(z.array(z.number().nullable())),
  greedy: z.looseObject({ new_tokens: z.int().positive(), tokens: z.array(z.array(z.int())) }),
});
export type ModelExpectation = z.infer<typeof ModelExpectation>;
