import { compareTokenizers, describeDifferences, type Tokenizer } from "@uniarm/core";
import { UniArmError, type DecodingConfig } from "@uniarm/core/schema";

export interface VocabularyFit {
  /** ids below this mean the same to both models */
  shared: number;
  /** what the user should know of ids that are left out; null when there are none */
  notice: string | null;
}

/**
 * Which ids mean the same to the base model and to the model that carries the ARMs. Rows that a model has beyond its
 * tokenizer's ids are never chosen.
 * @throws UniArmError vocabularies-differ, unless `vocabulary` is "shared" and the shared ids suffice
 */
export function vocabularyFit(
  base: Tokenizer,
  arm: Tokenizer,
  source: Pick<DecodingConfig, "model" | "armModel"> & Partial<Pick<DecodingConfig, "vocabulary">>,
): VocabularyFit {
  const comparison = compareTokenizers(base, arm);
  if (comparison.same) return { shared: base.vocabularySize, notice: null };
  const { shared, differentCount, sizes } = comparison;
  const where = `the tokenizers of ${source.model} (${sizes[0]} ids) and ${source.armModel} (${sizes[1]} ids)`;
  const differences = describeDifferences(comparison);
  const ends = base.eosTokenId !== null && base.eosTokenId >= shared;
  if (source.vocabulary !== "shared" || ends) {
    const advice = ends
      ? `The base model's end-of-sequence id ${base.eosTokenId} is not among the ${shared} first ids that they share: use models of one family.`
      : `Set vocabulary to shared to leave out ids from ${shared} on, ${sizes[0] - shared} of the base model's, or use models with the same tokenizer.`;
    throw new UniArmError(
      "vocabularies-differ",
      `One model cannot guide the other: ${where} differ. ${differences}. ${advice}`,
    );
  }
  return {
    shared,
    notice: `The models share ids 0 to ${shared - 1}; ${differentCount} are left out: ${differences}.`,
  };
}
