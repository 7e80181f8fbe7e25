import type { Tokenizer } from "@uniarm/core";
import { textBeforeStop, withoutStopStart } from "./stop-text.ts";

/** The text of a response that grows token by token. */
export interface TextStream {
  /** Takes the next token -> what it adds to the text; "" while that is not certain. */
  add: (tokenId: number) => string;
  /** The text that was held back; call it after the last token. */
  rest: () => string;
  /** How another token would read in place of the next one. */
  readingOf: (tokenId: number) => string;
  /** The text of all tokens so far, as far as a stop string. */
  text: () => string;
  /** Whether the tokens so far make a stop string. */
  isStopped: () => boolean;
}

/**
 * What the next token may still change: a character whose bytes are not all there, white space that would be trimmed at
 * the end, and the beginning of " ' ", " n't", " 'm", " 's", " 've" or " 're", where tokenizers remove the space.
 */
const UNCERTAIN = /(?:\uFFFD{1,3}|'|\s+(?:'|n'?|'[vr])?)$/;

/** @param stop nothing of a stop string is told: what may be the beginning of one is held back until it is known */
export function textStream(tokenizer: Tokenizer, stop: readonly string[] = []): TextStream {
  const ids: number[] = [];
  let whole = "";
  let isStopped = false;
  let sent = "";
  const upTo = (text: string): string => {
    const added = text.startsWith(sent) ? text.slice(sent.length) : ""; // some tokenizers take text back: then `text()` is right
    sent += added;
    return added;
  };
  return {
    add: (tokenId) => {
      ids.push(tokenId);
      const read = textBeforeStop(tokenizer, ids, stop);
      whole = read.text.trim();
      isStopped = read.isStopped;
      if (isStopped) return upTo(whole);
      const certain = withoutUncertain(read.text.trimEnd());
      // before a stop string's beginning that is held back, white space may come to stand at the end
      const told = stop.length > 0 ? withoutUncertain(withoutStopStart(certain, stop)) : certain;
      return upTo(told.trimStart());
    },
    rest: () => upTo(whole),
    readingOf: (tokenId) => {
      const before = ids.slice(-1);
      const start = tokenizer.decode(before);
      const both = tokenizer.decode([...before, tokenId]);
      return both.startsWith(start) ? both.slice(start.length) : tokenizer.decode([tokenId]);
    },
    text: () => whole,
    isStopped: () => isStopped,
  };
}

const withoutUncertain = (text: string): string => text.replace(UNCERTAIN, "");
