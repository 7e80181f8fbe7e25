import { BPE, WordPiece, type LibraryModel } from "../hugging-face.ts";
import type { TokenizerJson } from "../tokenizer-files.ts";
import { unsupported, type Model } from "./part.ts";
import { unigram } from "./unigram.ts";

/** A model, and the ids of its vocabulary. @throws UniArmError tokenizer-unsupported */
export function modelOf(json: TokenizerJson["model"]): { model: Model; vocabulary: ReadonlyMap<string, number> } {
  if (json.type === "Unigram") {
    const vocabulary = new Map(json.vocab.map(([token], id) => [token, id]));
    return { model: unigram(json), vocabulary };
  }
  const vocabulary = new Map(Object.entries(json.vocab));
  const unknown = json.unk_token == null ? undefined : vocabulary.get(json.unk_token);
  const idsOf = (tokens: readonly string[]): number[] =>
    tokens.flatMap((token) => vocabulary.get(token) ?? unknown ?? []);
  if (json.type === "WordLevel") return { model: idsOf, vocabulary };
  if (json.type === "BPE") {
    if (json.continuing_subword_prefix) throw unsupported("a BPE model with a continuing_subword_prefix");
    if (json.dropout) throw unsupported("a BPE model with dropout, which cuts at random");
  }
  const library: LibraryModel = json.type === "BPE" ? new BPE(json) : new WordPiece(json);
  return { model: (words) => idsOf(library(words)), vocabulary };
}
