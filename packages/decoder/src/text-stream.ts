import { decodeResponse, type Tokenizer } from "@uniarm/core";

/** The text of a response that grows token by token. */
export interface TextStream {
  /** Takes the next token -> what it adds to the text; "" while that is not certain. */
  add: (tokenId: number) => string;
  /** The text that was held back; call it after the last token. */
  rest: () => string;
  /** How another token would read in place of the next one. */
  readingOf: (tokenId: number) => string;
  /** The text of all tokens so far. */
  text: () => string;
}

/**
 * What the next token may still change: a character whose bytes are not all there, white space that would be trimmed at
 * the end, and the beginning of " ' ", " n't", " 'm", " 's", " 've" or " 're", where tokenizers remove the space.
 */
const UNCERTAIN = /(?:\uFFFD{1,3}|'|\s+(?:'|n'?|'[vr])?)$/;

export function textStream(tokenizer: Tokenizer): TextStream {
  const ids: number[] = [];
  let whole = "";
  let sent = "";
  const upTo = (text: string): string => {
    const added = text.startsWith(sent) ? text.slice(sent.length) : ""; // some tokenizers take text back: then `text()` is right
    sent += added;
    return added;
  };
  return {
    add: (tokenId) => {
      ids.push(tokenId);
      whole = decodeResponse(tokenizer, ids);
      return upTo(whole.replace(UNCERTAIN, ""));
    },
    rest: () => upTo(whole),
    readingOf: (tokenId) => {
      const before = ids.slice(-1);
      const start = tokenizer.decode(before);
      const both = tokenizer.decode([...before, tokenId]);
      return both.startsWith(start) ? both.slice(start.length) : tokenizer.decode([tokenId]);
    },
    text: () => whole,
  };
}
