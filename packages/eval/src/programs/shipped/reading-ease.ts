import { flesch } from "flesch";
import { syllable } from "syllable";
import { wordsOf, type Answer } from "./words.ts";

/** Flesch, A New Readability Yardstick (1948); a sentence ends at . ! or ? before a space or the end. */
export const score = (batch: readonly Answer[]): number[] =>
  batch.map(({ response }) => {
    const words = wordsOf(response);
    if (words.length === 0) return 0;
    const ends = response.match(/[.!?]+["'”’)]*(?=\s|$)/g)?.length ?? 0;
    const isOpen = !/[.!?]["'”’)]*\s*$/.test(response); // cut off: what follows the last end is one more
    const syllables = words.reduce((sum, word) => sum + syllable(word), 0);
    return flesch({ sentence: ends + (isOpen ? 1 : 0), word: words.length, syllable: syllables });
  });
