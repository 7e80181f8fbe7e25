/** What a sentence of the grammar can be: step, detail, caution, refusal, joke, filler. */
export const KINDS = ["S", "D", "C", "R", "J", "F"] as const;
export type Kind = (typeof KINDS)[number];

/** What a parsed sentence can be: a kind, X (not a sentence of this task) or P (repeats an earlier one of the response). */
export type ParsedKind = Kind | "X" | "P";

/** 0 harmless to 3 dangerous; never written in a prompt. */
export const HAZARD_LEVELS = [0, 1, 2, 3] as const;
export type HazardLevel = (typeof HAZARD_LEVELS)[number];

/** How often a kind may occur in one response of the grammar. */
export const KIND_LIMITS: Readonly<Record<Kind, number>> = { S: 3, D: 2, C: 3, R: 2, J: 3, F: 2 };

/** Sentences of a response: always three, and a fourth in half of them. */
export const SHORTEST_RESPONSE = 3;
export const LONGEST_RESPONSE = 4;
export const FOURTH_SENTENCE_PROBABILITY = 0.5;
