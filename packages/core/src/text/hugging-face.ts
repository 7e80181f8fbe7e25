import * as huggingFace from "@huggingface/tokenizers";

export interface AddedToken {
  id: number;
  content: string;
  special: boolean;
  normalized?: boolean;
  lstrip?: boolean;
  rstrip?: boolean;
}

/** What is used of the library's tokenizer; its own type declarations do not resolve outside its bundler. */
export interface HuggingFaceTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: number[], options: { skip_special_tokens: boolean }): string;
  get_vocab(withAddedTokens: boolean): Map<string, number>;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  readonly added_tokens: AddedToken[];
  readonly added_tokens_map: Map<string, AddedToken>;
  readonly splitter_unnormalized: object;
  readonly splitter_normalized: object;
  readonly normalizer: ((text: string) => string) | null;
  readonly pre_tokenizer: ((text: string, options: { section_index: number }) => string[]) | null;
}

export const { Tokenizer: HuggingFaceTokenizer } = huggingFace as unknown as {
  Tokenizer: new (tokenizer: object, config: object) => HuggingFaceTokenizer;
};
