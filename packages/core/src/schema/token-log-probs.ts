import { z } from "zod";

/** Log-probabilities of a token under the base model, the ARMs and their product. */
export const TokenLogProbs = z.object({
  base: z.number().describe("log p of the base model, nats"),
  arm: z.number().describe("what the ARMs add: sum of c_l log p_l, nats; 0 where none counts"),
  arms: z.array(z.number().nullable()).describe("log p_l of each ARM by itself, nats; null where its coefficient is 0"),
  fused: z.number().describe("log p of the normalised guided distribution, before temperature and filters, nats"),
});
export type TokenLogProbs = z.infer<typeof TokenLogProbs>;

export const TokenId = z.int().nonnegative();

/** The same with the token's id. */
export const NamedTokenLogProbs = TokenLogProbs.extend({ tokenId: TokenId });
export type NamedTokenLogProbs = z.infer<typeof NamedTokenLogProbs>;

/** One place of a response: the token that was chosen, and those that were likeliest under the guided distribution. */
export const TopLogProbs = z.object({
  chosen: NamedTokenLogProbs,
  top: z.array(NamedTokenLogProbs).describe("likeliest first; the chosen token may be one of them"),
});
export type TopLogProbs = z.infer<typeof TopLogProbs>;
