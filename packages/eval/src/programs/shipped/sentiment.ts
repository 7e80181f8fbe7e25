import vader from "vader-sentiment";
import type { Answer } from "./words.ts";

export const score = (batch: readonly Answer[]): number[] =>
  batch.map(({ response }) => vader.SentimentIntensityAnalyzer.polarity_scores(response).compound);
