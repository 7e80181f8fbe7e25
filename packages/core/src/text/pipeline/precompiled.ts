import { unsupported, type Normalizer } from "./part.ts";

/** Longer clusters are looked up character by character. */
const CLUSTER_BYTES = 6;

/**
 * SentencePiece's own table of replacements: a double-array trie over the bytes of a text (Darts), and the texts that it
 * points to, each ended by a zero.
 */
export function precompiled(base64: string): Normalizer {
  const bytes = Buffer.from(base64, "base64");
  const trieBytes = bytes.length >= 4 ? bytes.readUInt32LE(0) : -1;
  if (trieBytes < 0 || trieBytes % 4 !== 0 || 4 + trieBytes > bytes.length)
    throw unsupported("a Precompiled normalizer whose table is cut off");
  const trie = Uint32Array.from({ length: trieBytes / 4 }, (_, at) => bytes.readUInt32LE(4 + 4 * at));
  const texts = bytes.subarray(4 + trieBytes);
  const encoder = new TextEncoder();
  const replacement = (part: string): string | null => {
    const start = firstValue(trie, encoder.encode(part));
    if (start === null) return null;
    const end = texts.indexOf(0, start);
    return texts.subarray(start, end < 0 ? texts.length : end).toString("utf8");
  };
  const clusters = new Intl.Segmenter("en", { granularity: "grapheme" });
  return (text) =>
    [...clusters.segment(text)]
      .map(({ segment }) => {
        const whole = Buffer.byteLength(segment) < CLUSTER_BYTES ? replacement(segment) : null;
        return whole ?? [...segment].map((character) => replacement(character) ?? character).join("");
      })
      .join("");
}

const offsetOf = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);

/** The value of the shortest prefix of `key` that the trie holds; null without one. */
function firstValue(trie: Uint32Array, key: Uint8Array): number | null {
  let place = offsetOf(trie[0] ?? 0);
  for (const byte of key) {
    if (byte === 0) return null;
    place ^= byte;
    const unit = trie[place] ?? 0;
    if ((unit & 0x800000ff) !== byte) return null;
    place ^= offsetOf(unit);
    if ((unit >>> 8) & 1) return (trie[place] ?? 0) & 0x7fffffff;
  }
  return null;
}
