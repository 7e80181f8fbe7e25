import type { Tokenizer } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";

/** The text of a response up to its first stop string. */
export interface StoppedText {
  text: string;
  isStopped: boolean;
}

/**
 * Stop strings are looked for in the text as it is decoded, special tokens skipped; white space around what is left is
 * trimmed after that, so that "\n" is a stop string, too. Where several are there, the one that begins first counts.
 */
export function textBeforeStop(tokenizer: Tokenizer, ids: readonly number[], stop: readonly string[]): StoppedText {
  const whole = tokenizer.decode(ids, { skipSpecialTokens: true });
  const starts = stop.map((text) => whole.indexOf(text)).filter((start) => start >= 0);
  const isStopped = starts.length > 0;
  return { text: isStopped ? whole.slice(0, Math.min(...starts)) : whole, isStopped };
}

/**
 * Whether the text of a response holds a stop string.
 * @throws UniArmError stop-without-tokenizer
 */
export function stopCheck(
  tokenizer: Tokenizer | undefined,
  stop: readonly string[],
): (tokenIds: readonly number[]) => boolean {
  if (stop.length === 0) return () => false;
  if (!tokenizer)
    throw new UniArmError(
      "stop-without-tokenizer",
      "Stop strings are texts, but the decoder has no tokenizer that reads what it decodes. Give it one, or leave out stop.",
    );
  return (tokenIds) => textBeforeStop(tokenizer, tokenIds, stop).isStopped;
}

/** `text` without its longest end that a stop string may begin with. */
export function withoutStopStart(text: string, stop: readonly string[]): string {
  const lengths = stop.map((one) => {
    let length = Math.min(one.length - 1, text.length);
    while (length > 0 && !text.endsWith(one.slice(0, length))) length -= 1;
    return length;
  });
  return text.slice(0, text.length - Math.max(0, ...lengths));
}
