import { wordsOf, type Answer } from "./words.ts";

const N = 4;

export const score = (batch: readonly Answer[]): number[] =>
  batch.map(({ response }) => {
    const words = wordsOf(response.toLowerCase());
    const sequences = words.slice(N - 1).map((_, start) => words.slice(start, start + N).join(" "));
    return (sequences.length - new Set(sequences).size) / Math.max(1, sequences.length);
  });
