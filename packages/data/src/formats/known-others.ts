import type { Columns } from "./format.ts";

const has = (row: Columns, ...keys: string[]): boolean => keys.every((key) => Object.hasOwn(row, key));

/** Published layouts that hold no pairs, or not as one row each: what they are, and what to take in their place. */
const OTHERS: readonly [test: (row: Columns) => boolean, what: string][] = [
  [
    (row) => has(row, "completion", "label"),
    "It is unpaired (TRL's KTO layout): one completion a row with a label, and a pair needs two answers to one prompt. Take the paired version of the dataset, or make pairs from its prompts: uniarm data pairs",
  ],
  [
    (row) => Array.isArray(row.chosen) && row.chosen.every((one) => typeof one === "string"),
    "It has lists of answers in chosen and rejected (RewardBench 2): write one row for each pair of them.",
  ],
  [
    (row) => has(row, "instruction", "completions"),
    "It is UltraFeedback as it was collected, with several rated answers a row: take HuggingFaceH4/ultrafeedback_binarized or argilla/ultrafeedback-binarized-preferences-cleaned.",
  ],
  [
    (row) => Array.isArray(row.answers),
    "It has a ranked list of answers a row: write one row for each pair of them, with prompt, chosen and rejected.",
  ],
  [
    (row) =>
      has(row, "completion") ||
      has(row, "output") ||
      has(row, "messages") ||
      has(row, "conversations") ||
      has(row, "response"),
    "It has one answer a row (for supervised training), and a pair needs two: make pairs from its prompts with uniarm data pairs, or take a preference dataset.",
  ],
];

/** What a row of no known format is, where it is known; "" where it is not. */
export const knownOther = (row: Columns): string => OTHERS.find(([test]) => test(row))?.[1] ?? "";
