import type { Tokenizer } from "./tokenizer.ts";

/** What two tokenizers disagree about; two models guide one another only over ids that mean the same to both. */
export interface TokenizerComparison {
  /** one more than the largest id of each */
  sizes: [number, number];
  /** ids 0 ... shared - 1 are the same tokens */
  shared: number;
  /** ids with different tokens, the first hundred; null where one has none */
  different: { id: number; tokens: [string | null, string | null] }[];
  /** how many there are in all */
  differentCount: number;
  /** special tokens that only one has, or that have another id there */
  specialTokens: { token: string; ids: [number | null, number | null] }[];
  /** whether their chat templates are the same text, or both absent */
  sameChatTemplate: boolean;
  /** whether every id is the same token in both */
  same: boolean;
}

const LISTED = 100;

export function compareTokenizers(one: Tokenizer, other: Tokenizer): TokenizerComparison {
  const sizes: [number, number] = [one.vocabularySize, other.vocabularySize];
  const different: TokenizerComparison["different"] = [];
  let differentCount = 0;
  let shared = Math.max(...sizes);
  for (let id = 0; id < Math.max(...sizes); id++) {
    const tokens: [string | null, string | null] = [one.tokenOf(id), other.tokenOf(id)];
    if (tokens[0] === tokens[1]) continue;
    if (differentCount === 0) shared = id;
    differentCount += 1;
    if (different.length < LISTED) different.push({ id, tokens });
  }
  const names = new Set([...one.specialTokens.keys(), ...other.specialTokens.keys()]);
  const specialTokens = [...names].flatMap((token) => {
    const ids: [number | null, number | null] = [
      one.specialTokens.get(token) ?? null,
      other.specialTokens.get(token) ?? null,
    ];
    return ids[0] === ids[1] ? [] : [{ token, ids }];
  });
  return {
    sizes,
    shared,
    different,
    differentCount,
    specialTokens,
    sameChatTemplate: one.chatTemplate?.source === other.chatTemplate?.source,
    same: differentCount === 0,
  };
}

/** The first differences in a sentence: `id 32000 is "[PAD]" in the first and nothing in the second`. */
export function describeDifferences({ different, differentCount }: TokenizerComparison, listed = 3): string {
  const name = (token: string | null): string => (token === null ? "nothing" : JSON.stringify(token));
  const first = different
    .slice(0, listed)
    .map(({ id, tokens }) => `id ${id} is ${name(tokens[0])} in the first and ${name(tokens[1])} in the second`);
  const more = differentCount - first.length;
  return `${first.join("; ")}${more > 0 ? `; and ${more} more ids differ` : ""}`;
}
