import { wordsOf, type Answer } from "./words.ts";

/** as many as a sentence of plain English has, with room */
const WORDS_AT_ZERO = 25;

export const score = (batch: readonly Answer[]): number[] =>
  batch.map(({ response }) => 1 - Math.min(2, wordsOf(response).length / WORDS_AT_ZERO));
