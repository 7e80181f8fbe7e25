import * as huggingFace from "@huggingface/tokenizers";

/** A model of the library: words -> tokens. */
export type LibraryModel = (words: string[]) => string[];

/**
 * What is used of the library: its byte-pair and WordPiece models, and its translation of Oniguruma's patterns. The rest of
 * a pipeline is this project's (text/pipeline), because the library's differs from tokenizers' in the corners of Unicode.
 * Its own type declarations do not resolve outside its bundler.
 */
export const { BPE, WordPiece, SplitPreTokenizer } = huggingFace as unknown as {
  BPE: new (config: object) => LibraryModel;
  WordPiece: new (config: object) => LibraryModel;
  SplitPreTokenizer: new (config: object) => { readonly pattern: RegExp | null };
};
