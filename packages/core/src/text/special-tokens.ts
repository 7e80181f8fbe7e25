import type { AddedToken, HuggingFaceTokenizer } from "./hugging-face.ts";
import type { Piece } from "./pieces.ts";

/**
 * Encodes pieces as one text: special tokens count in `format` pieces alone, everything between two of them goes through
 * the tokenizer as one stretch, as if it had never been cut.
 */
export function encodePieces(inner: HuggingFaceTokenizer, pieces: readonly Piece[]): number[] {
  const { splitter, special, encode } = partsOf(inner);
  const sections: ({ id: number } | { text: string })[] = [];
  const append = (text: string): void => {
    const last = sections.at(-1);
    if (last && "text" in last) last.text += text;
    else if (text !== "") sections.push({ text });
  };
  let trimNext = false;
  for (const { kind, text } of pieces) {
    for (const part of kind === "format" ? splitter.split(text) : [text]) {
      const token = kind === "format" ? special.get(part) : undefined;
      if (!token) {
        append(trimNext ? part.trimStart() : part);
        if (part.trimStart() !== "") trimNext = false;
        continue;
      }
      const before = sections.at(-1);
      if (token.lstrip && before && "text" in before) before.text = before.text.trimEnd();
      trimNext = token.rstrip === true;
      sections.push({ id: token.id });
    }
  }
  return sections.flatMap((section, index) => {
    if ("id" in section) return [section.id];
    return section.text === "" ? [] : encode(section.text, index);
  });
}

interface Parts {
  /** cuts a text at special tokens */
  splitter: { split: (text: string) => string[] };
  special: Map<string, AddedToken>;
  /** encodes a stretch of text without special tokens; `section` is its index among those of the whole text */
  encode: (text: string, section: number) => number[];
}

const known = new WeakMap<HuggingFaceTokenizer, Parts>();

function partsOf(inner: HuggingFaceTokenizer): Parts {
  const found = known.get(inner);
  if (found) return found;
  const special = new Map(inner.added_tokens.filter((token) => token.special).map((token) => [token.content, token]));
  const splitter = new (splitterClass(inner))([...special.keys()]);
  const parts = { splitter, special, encode: withoutSpecialTokens(inner) };
  known.set(inner, parts);
  return parts;
}

const splitterClass = ({ splitter_unnormalized }: HuggingFaceTokenizer) =>
  splitter_unnormalized.constructor as new (tokens: string[]) => { split: (text: string) => string[] };

/** The same tokenizer blind to special tokens, over the same tables: a second one would double hundreds of megabytes. */
function withoutSpecialTokens(inner: HuggingFaceTokenizer): (text: string, section: number) => number[] {
  let section = 0;
  const { pre_tokenizer: preTokenizer, normalizer } = inner;
  const kept = inner.added_tokens.filter((token) => !token.special);
  const contentOf = (token: (typeof kept)[number]): string =>
    token.normalized && normalizer ? normalizer(token.content) : token.content;
  const Splitter = splitterClass(inner);
  const blind = Object.assign(Object.create(inner) as HuggingFaceTokenizer, {
    added_tokens_map: new Map(
      kept.flatMap((token) => [[token.content, token] as const, [contentOf(token), token] as const]),
    ),
    splitter_unnormalized: new Splitter(kept.filter((token) => !token.normalized || !normalizer).map(contentOf)),
    splitter_normalized: new Splitter(kept.filter((token) => token.normalized && normalizer).map(contentOf)),
    pre_tokenizer:
      preTokenizer &&
      ((text: string, options: { section_index: number }) =>
        preTokenizer(text, { section_index: section + options.section_index })),
  });
  return (text, at) => {
    section = at;
    return blind.encode(text, { add_special_tokens: false }).ids;
  };
}
