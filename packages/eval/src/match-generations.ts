import { UniArmError, type Generation, type Score } from "@uniarm/core/schema";

type Key = Pick<Score, "promptId" | "preference" | "sample">;

/**
 * The answers that scores are of, one for each, in the order of the scores; further ones are refused: means of texts and of
 * rewards are over the same answers.
 * @throws UniArmError generations-of-other-scores
 */
export function matchGenerations(generations: readonly Generation[], scores: readonly Score[]): Generation[] {
  const byKey = new Map(generations.map((one) => [keyOf(one), one]));
  const found = scores.flatMap((score) => byKey.get(keyOf(score)) ?? []);
  if (found.length === scores.length && byKey.size === scores.length && generations.length === scores.length)
    return found;
  throw new UniArmError(
    "generations-of-other-scores",
    `${generations.length} answers and ${scores.length} scores were given, and ${found.length} of the scores are of those answers. Give the generations that were scored, all of them and no others.`,
  );
}

const keyOf = ({ promptId, preference, sample }: Key): string => JSON.stringify([promptId, preference, sample]);
