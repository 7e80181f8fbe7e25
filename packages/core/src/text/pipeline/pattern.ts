import { SplitPreTokenizer } from "../hugging-face.ts";
import { unsupported, type Pattern } from "./part.ts";

/** A pattern as JavaScript's, global. @throws UniArmError tokenizer-unsupported */
export function regexOf(pattern: Pattern): RegExp {
  if ("String" in pattern) return new RegExp(pattern.String.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), "gu");
  let found: RegExp | null = null;
  try {
    found = new SplitPreTokenizer({ type: "Split", pattern, behavior: "Isolated", invert: false }).pattern;
  } catch {
    // said below
  }
  return found ?? fail(pattern.Regex);
}

const fail = (regex: string): never => {
  throw unsupported(`the regular expression ${JSON.stringify(regex.slice(0, 200))}`);
};

export type Behavior = "Removed" | "Isolated" | "MergedWithPrevious" | "MergedWithNext" | "Contiguous";

/** Cuts a text at the matches of a pattern, as tokenizers' split behaviours do. */
export function splitBy(text: string, pattern: RegExp, behavior: Behavior, invert = false): string[] {
  const pieces = matched(text, pattern).map(({ piece, isMatch }) => ({ piece, isMatch: isMatch !== invert }));
  if (behavior === "Removed") return pieces.filter(({ isMatch }) => !isMatch).map(({ piece }) => piece);
  if (behavior === "Isolated") return pieces.map(({ piece }) => piece);
  if (behavior === "MergedWithNext") return joined(pieces.reverse(), behavior).reverse();
  return joined(pieces, behavior);
}

interface Found {
  piece: string;
  isMatch: boolean;
}

function matched(text: string, pattern: RegExp): Found[] {
  const pieces: Found[] = [];
  let at = 0;
  for (const { 0: match, index } of text.matchAll(pattern)) {
    if (index > at) pieces.push({ piece: text.slice(at, index), isMatch: false });
    if (match !== "") pieces.push({ piece: match, isMatch: true });
    at = index + match.length;
  }
  if (at < text.length) pieces.push({ piece: text.slice(at), isMatch: false });
  return pieces;
}

/** Joins pieces with the one before them; with the one after, when they come from the end. */
function joined(pieces: readonly Found[], behavior: Exclude<Behavior, "Removed" | "Isolated">): string[] {
  const kept: string[] = [];
  let before: boolean | null = behavior === "Contiguous" ? null : false;
  for (const { piece, isMatch } of pieces) {
    const joins = behavior === "Contiguous" ? isMatch === before : isMatch && !before;
    if (joins && kept.length > 0) kept.push(behavior === "MergedWithNext" ? piece + kept.pop()! : kept.pop()! + piece);
    else kept.push(piece);
    before = isMatch;
  }
  return kept;
}
