import { trimEnd, WHITE_SPACE } from "./part.ts";

export interface AddedToken {
  id: number;
  content: string;
  special: boolean;
  normalized: boolean;
  lstrip: boolean;
  rstrip: boolean;
  single_word: boolean;
}

/** A stretch of text, or a token that was written out in it. */
export type Section = { text: string; start: number } | { id: number };

const WORD = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]";
const ENDS_WITH_WORD = new RegExp(`${WORD}$`, "u");
const STARTS_WITH_WORD = new RegExp(`^${WORD}`, "u");

/** @param counts whether a token that is written at this place is meant as one; default: always */
export type TokenFinder = (
  text: string,
  counts?: (token: AddedToken, start: number, end: number) => boolean,
) => Section[];

/**
 * Finds added tokens in texts: the longest of those that begin first; a single-word one only between other characters than
 * those of words; with the white space beside it that lstrip and rstrip take along.
 */
export function addedTokenFinder(tokens: readonly (AddedToken & { written: string })[]): TokenFinder {
  const root = trieOf(tokens.filter(({ written }) => written !== ""));
  if (root.next.size === 0) return (text) => (text === "" ? [] : [{ text, start: 0 }]);
  return (text, counts = () => true) => {
    const sections: Section[] = [];
    let at = 0;
    for (const { token, index, end } of longestFirst(root, text, counts)) {
      if (index < at) continue;
      if (token.single_word && (ENDS_WITH_WORD.test(text.slice(0, index)) || STARTS_WITH_WORD.test(text.slice(end))))
        continue;
      const before = token.lstrip ? trimEnd(text.slice(at, index)) : text.slice(at, index);
      if (before !== "") sections.push({ text: before, start: at });
      sections.push({ id: token.id });
      at = end;
      if (token.rstrip) while (at < text.length && WHITE_SPACE.test(text[at]!)) at++;
    }
    if (at < text.length) sections.push({ text: text.slice(at), start: at });
    return sections;
  };
}

interface Node {
  token: AddedToken | null;
  next: Map<string, Node>;
}

function trieOf(tokens: readonly (AddedToken & { written: string })[]): Node {
  const root: Node = { token: null, next: new Map() };
  for (const token of tokens) {
    let node = root;
    for (const unit of token.written.split("")) {
      let next = node.next.get(unit);
      if (!next) node.next.set(unit, (next = { token: null, next: new Map() }));
      node = next;
    }
    node.token = token;
  }
  return root;
}

/** All places of the tokens in a text, without overlaps: the leftmost, of these the longest. */
function longestFirst(
  root: Node,
  text: string,
  counts: NonNullable<Parameters<TokenFinder>[1]>,
): { token: AddedToken; index: number; end: number }[] {
  const found: { token: AddedToken; index: number; end: number }[] = [];
  for (let index = 0; index < text.length; index++) {
    let longest: { token: AddedToken; index: number; end: number } | null = null;
    let node: Node | undefined = root;
    for (let at = index; at < text.length && (node = node.next.get(text[at]!)); at++)
      if (node.token && counts(node.token, index, at + 1)) longest = { token: node.token, index, end: at + 1 };
    if (!longest) continue;
    found.push(longest);
    index = longest.end - 1;
  }
  return found;
}
