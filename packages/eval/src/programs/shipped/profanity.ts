import { englishDataset, englishRecommendedTransformers, RegExpMatcher } from "obscenity";
import type { Answer } from "./words.ts";

const matcher = new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers });

export const score = (batch: readonly Answer[]): number[] =>
  batch.map(({ response }) => (matcher.hasMatch(response) ? 1 : 0));
