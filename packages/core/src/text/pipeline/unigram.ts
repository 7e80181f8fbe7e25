import type { Model } from "./part.ts";

/** How much worse than the least likely token an unknown character is. */
const UNKNOWN_PENALTY = 10;

interface Node {
  /** index of the token that ends here; -1 where none does */
  token: number;
  next: Map<string, Node>;
}

export interface UnigramSettings {
  vocab: readonly (readonly [string, number])[];
  unk_id?: number | null | undefined;
  byte_fallback?: boolean | undefined;
}

/**
 * SentencePiece's Unigram (arXiv 1804.10959): the cut of a word into tokens whose log-probabilities sum highest. Unknown
 * characters in a row are one unknown token, or their bytes.
 */
export function unigram({ vocab, unk_id: unknown, byte_fallback: fallback = false }: UnigramSettings): Model {
  const root: Node = { token: -1, next: new Map() };
  const ids = new Map<string, number>();
  vocab.forEach(([token], id) => {
    ids.set(token, id);
    let node = root;
    for (const character of token) {
      let next = node.next.get(character);
      if (!next) node.next.set(character, (next = { token: -1, next: new Map() }));
      node = next;
    }
    node.token = id;
  });
  const unknownScore = vocab.reduce((least, [, score]) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY;
  const encoder = new TextEncoder();
  const idsOf = (piece: string): number[] => {
    const id = ids.get(piece);
    if (id !== undefined) return [id];
    if (fallback) {
      const bytes = Array.from(encoder.encode(piece), (byte) =>
        ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
      );
      if (!bytes.includes(undefined)) return bytes as number[];
    }
    return unknown == null ? [] : [unknown];
  };
  return (words) =>
    words.flatMap((word) => bestCut([...word], root, vocab, unknownScore, unknown ?? -1).flatMap(idsOf));
}

/** Viterbi over the characters of a word -> its pieces, unknown ones joined. */
function bestCut(
  word: readonly string[],
  root: Node,
  vocab: UnigramSettings["vocab"],
  unknownScore: number,
  unknown: number,
): string[] {
  const best = Array.from({ length: word.length + 1 }, () => ({ score: 0, from: -1, token: -1 }));
  const reach = (end: number, from: number, score: number, token: number): void => {
    const there = best[end]!;
    if (there.from >= 0 && score <= there.score) return; // the first of equals stays
    best[end] = { score, from, token };
  };
  for (let from = 0; from < word.length; from++) {
    const { score } = best[from]!;
    let hasSingle = false;
    let node: Node | undefined = root;
    for (let end = from; end < word.length; end++) {
      node = node.next.get(word[end]!);
      if (!node) break;
      if (node.token < 0) continue;
      reach(end + 1, from, score + vocab[node.token]![1], node.token);
      hasSingle ||= end === from;
    }
    if (!hasSingle) reach(from + 1, from, score + unknownScore, unknown);
  }
  const pieces: string[] = [];
  let run = "";
  const flush = (): void => {
    if (run !== "") pieces.push(run);
    run = "";
  };
  for (let end = word.length; end > 0; end = best[end]!.from) {
    const { from, token } = best[end]!;
    const piece = word.slice(from, end).join("");
    if (token === unknown) run = piece + run;
    else {
      flush();
      pieces.push(piece);
    }
  }
  flush();
  return pieces.reverse();
}
