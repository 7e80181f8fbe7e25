import type { AddedToken } from "./pipeline/added-tokens.ts";
import type { SpecialTokens } from "./named-tokens.ts";
import type { NamedToken, TokenizerConfig, TokenizerJson } from "./tokenizer-files.ts";

/** Tokens that something here writes; a name that the vocabulary lacks gets an id for these alone. */
const WRITTEN: readonly NamedToken[] = ["bos_token", "eos_token", "pad_token"];

/**
 * The added tokens of both files, and those that are named or listed as special: transformers makes these so, and gives
 * the next id to one that no file knows.
 */
export function addedTokensOf(
  json: TokenizerJson,
  config: TokenizerConfig,
  { named, more }: SpecialTokens,
): AddedToken[] {
  const complete = (token: TokenizerJson["added_tokens"][number]): AddedToken => ({
    ...token,
    normalized: token.normalized ?? !token.special,
  });
  const tokens = new Map(json.added_tokens.map((token) => [token.content, complete(token)]));
  for (const [id, token] of Object.entries(config.added_tokens_decoder ?? {}))
    if (!tokens.has(token.content)) tokens.set(token.content, complete({ ...token, id: Number(id) }));
  let next = [...tokens.values()].reduce((least, { id }) => Math.max(least, id + 1), sizeOf(json.model));
  for (const name of [...new Set([...Object.values(named), ...more])]) {
    const known = tokens.get(name);
    if (known?.special) continue;
    const inVocabulary = known?.id ?? idOf(json.model, name);
    const id = inVocabulary ?? next++;
    if (inVocabulary === undefined && !WRITTEN.some((key) => named[key] === name)) continue;
    const plain = { lstrip: false, rstrip: false, single_word: false, normalized: false };
    tokens.set(name, { ...(known ?? plain), id, content: name, special: true });
  }
  return [...tokens.values()];
}

const sizeOf = (model: TokenizerJson["model"]): number =>
  model.type === "Unigram" ? model.vocab.length : Object.keys(model.vocab).length;

function idOf(model: TokenizerJson["model"], token: string): number | undefined {
  if (model.type !== "Unigram") return Object.hasOwn(model.vocab, token) ? model.vocab[token] : undefined;
  const id = model.vocab.findIndex(([one]) => one === token);
  return id < 0 ? undefined : id;
}
