import { z } from "zod";

interface ShippedScorer {
  /** what its number says, in one line */
  summary: string;
  /** whose work it is: npm packages and their licences; null: a rule of a line */
  source: { packages: Readonly<Record<string, string>>; licence: string } | null;
}

/** Programs that ship, by their names in a config. Each gives one number for an answer, whatever was asked. */
export const SHIPPED_SCORERS = {
  sentiment: {
    summary: "how positive it sounds, -1 to 1 (VADER's compound score of a lexicon and rules, for English)",
    source: { packages: { "vader-sentiment": "1.1.3" }, licence: "Apache-2.0" },
  },
  "reading-ease": {
    summary: "Flesch reading ease, at most 120; 60 is plain English, larger is easier; 0 without a word",
    source: { packages: { flesch: "2.0.1", syllable: "5.0.1" }, licence: "MIT" },
  },
  profanity: {
    summary: "1 where it has a profane word, else 0 (obscenity's English data set)",
    source: { packages: { obscenity: "0.4.6" }, licence: "MIT" },
  },
  length: { summary: "how many words it has", source: null },
  conciseness: {
    summary: "1 without a word, 0 at 25 words, -1 at 50 and more, linear in between",
    source: null,
  },
  repetition: {
    summary: "share of its four-word sequences that occurred in it before, 0 to 1; 0 where it has none",
    source: null,
  },
} as const satisfies Record<string, ShippedScorer>;

export type ShippedScorerName = keyof typeof SHIPPED_SCORERS;

export const ShippedScorerName = z
  .enum(Object.keys(SHIPPED_SCORERS) as [ShippedScorerName, ...ShippedScorerName[]])
  .describe(
    `a program that ships, in place of a command or module; ${Object.entries(SHIPPED_SCORERS)
      .map(([name, { summary }]) => `${name}: ${summary}`)
      .join("; ")}`,
  );
