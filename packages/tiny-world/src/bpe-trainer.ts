/** GPT-2's split into words, each with its leading space, as in Hugging Face's ByteLevel pre-tokenizer. */
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

export interface BytePairEncoding {
  /** token -> id: special tokens, then the 256 bytes, then merged tokens */
  vocabulary: Record<string, number>;
  merges: [string, string][];
}

/**
 * Byte-level byte-pair encoding (Sennrich et al. 2016, on bytes as in GPT-2): merges the most frequent neighbours, of equally
 * frequent ones the first in the order of their text, until there are `size` tokens or every word is one. Deterministic.
 */
export function trainBytePairEncoding(
  texts: readonly string[],
  size: number,
  specialTokens: readonly string[],
): BytePairEncoding {
  const words = [...countWords(texts)].map(([word, count]) => ({ tokens: [...word], count }));
  const tokens = [...specialTokens, ...byteCharacters()];
  const merges: [string, string][] = [];
  while (tokens.length < size) {
    const pair = mostFrequentPair(words);
    if (!pair) break;
    merges.push(pair);
    tokens.push(pair.join(""));
    for (const word of words) word.tokens = merge(word.tokens, pair);
  }
  return { vocabulary: Object.fromEntries(tokens.map((token, id) => [token, id])), merges };
}

function countWords(texts: readonly string[]): Map<string, number> {
  const characters = byteCharacters();
  const encoder = new TextEncoder();
  const counts = new Map<string, number>();
  for (const text of texts) for (const [word] of text.matchAll(WORDS)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return new Map(
    [...counts].map(([word, count]) => [[...encoder.encode(word)].map((byte) => characters[byte]!).join(""), count]),
  );
}

function mostFrequentPair(words: readonly { tokens: string[]; count: number }[]): [string, string] | null {
  const counts = new Map<string, number>();
  for (const { tokens, count } of words) {
    for (let index = 1; index < tokens.length; index++) {
      const key = `${tokens[index - 1]!} ${tokens[index]!}`; // no byte character is a space
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  }
  let best: string | null = null;
  for (const [key, count] of counts) {
    const most = best === null ? 0 : counts.get(best)!;
    if (count > most || (count === most && best !== null && key < best)) best = key;
  }
  return best === null ? null : (best.split(" ") as [string, string]);
}

function merge(tokens: readonly string[], [left, right]: readonly [string, string]): string[] {
  const merged: string[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const joins = tokens[index] === left && tokens[index + 1] === right;
    merged.push(joins ? left + right : tokens[index]!);
    if (joins) index++;
  }
  return merged;
}

/** GPT-2's printable stand-in for each byte: itself where it is printable, else the next free character from U+0100 on. */
function byteCharacters(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}
