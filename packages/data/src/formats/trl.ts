import { answerColumns } from "./answer-columns.ts";
import { answerPairs, type AnswerLayout } from "./answer-pairs.ts";
import type { Columns, Format } from "./format.ts";
import { chosenLabels } from "./labels.ts";
import { isMessages } from "./messages.ts";
import { kindOf } from "./read-answers.ts";
import { scoreColumns } from "./score-columns.ts";

/** A row with `chosen` and `rejected`, whatever else its columns are called. */
const layoutOf = (row: Columns): AnswerLayout => ({
  columns: answerColumns(row),
  labels: chosenLabels("preferred", scoreColumns(row)),
});

/**
 * The preference layouts of TRL and their neighbours: chosen and rejected as texts or messages, the prompt beside them or as
 * their common beginning, a system column, scores of both answers.
 */
export const trl: Format = {
  name: "trl",
  keys: ["prompt", "chosen", "rejected"],
  recognises: ({ chosen, rejected }) => isAnswer(chosen) && isAnswer(rejected),
  pairs: (rows, skipped) => answerPairs(rows, skipped, layoutOf, "trl"),
};

/** UltraFeedback-binarized: two dialogues that end in the assistant's answer, and their scores; equal scores are a tie. */
export const ultrafeedback: Format = {
  name: "ultrafeedback",
  keys: ["prompt", "chosen", "rejected", "score_chosen"],
  recognises: ({ prompt, chosen, rejected, score_chosen }) =>
    typeof prompt === "string" && isMessages(chosen) && isMessages(rejected) && score_chosen !== undefined,
  pairs: (rows, skipped) => answerPairs(rows, skipped, layoutOf, "ultrafeedback"),
};

const isAnswer = (value: unknown): boolean => {
  const kind = kindOf(value);
  return kind !== null && kind !== "nothing";
};
