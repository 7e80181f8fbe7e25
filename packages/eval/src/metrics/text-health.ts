import { UniArmError, type Generation, type Measure } from "@uniarm/core/schema";
import { measure } from "./measure.ts";

/** What degenerates first when a model is steered too hard. */
export interface TextHealth {
  answers: number;
  /** mean number of tokens of an answer, without the one that ends it */
  lengthTokens: Measure;
  /** of unigrams, bigrams and trigrams */
  distinct: [Measure, Measure, Measure];
  repeatedFourGrams: Measure;
  endedShare: Measure;
}

/**
 * Length, repetition and ends of answers, by their tokens; an answer's end token is none of its text. distinct-n is the share of
 * different n-grams among all of the answers together (0 to 1, larger is better; it falls with the number of answers, so only
 * sets of one size compare), repeated 4-grams the share of an answer's 4-grams that occurred in it before, mean over the answers
 * that have any (0 to 1, smaller is better), ended the share that did not come to the limit of tokens; tokens
 * that a stop string reaches into count as the answer's.
 * distinct-n: Li et al., A Diversity-Promoting Objective Function for Neural Conversation Models (NAACL 2016).
 * @throws UniArmError generations-empty
 */
export function textHealth(generations: readonly Pick<Generation, "tokenIds" | "finish">[]): TextHealth {
  if (generations.length === 0)
    throw new UniArmError("generations-empty", "No generations: there is no text to describe. Decode some first.");
  const answers = generations.map(({ tokenIds, finish }) => (finish === "eos" ? tokenIds.slice(0, -1) : tokenIds));
  const repeated = answers.flatMap((ids) => {
    const grams = nGrams(ids, 4);
    return grams.length === 0 ? [] : 1 - new Set(grams).size / grams.length;
  });
  const distinct = (n: number): Measure => {
    const grams = answers.flatMap((ids) => nGrams(ids, n));
    return measure(
      grams.length === 0 ? null : new Set(grams).size / grams.length,
      `No answer has ${n} token${n === 1 ? "" : "s"}.`,
    );
  };
  return {
    answers: answers.length,
    lengthTokens: { value: mean(answers.map(({ length }) => length)) },
    distinct: [distinct(1), distinct(2), distinct(3)],
    repeatedFourGrams: measure(repeated.length === 0 ? null : mean(repeated), "No answer has 4 tokens."),
    endedShare: { value: mean(generations.map(({ finish }) => (finish === "length" ? 0 : 1))) },
  };
}

function nGrams(ids: readonly number[], n: number): string[] {
  return ids.slice(n - 1).map((_, start) => ids.slice(start, start + n).join(" "));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
