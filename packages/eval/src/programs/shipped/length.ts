import { wordsOf, type Answer } from "./words.ts";

export const score = (batch: readonly Answer[]): number[] => batch.map(({ response }) => wordsOf(response).length);
