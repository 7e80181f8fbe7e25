import type { PreferencePair } from "@uniarm/core/schema";
import type { Row } from "../files/row.ts";
import type { AnswerColumns } from "./answer-columns.ts";
import type { Columns } from "./format.ts";
import type { Labeller } from "./labels.ts";
import { invalidRow } from "./parse-row.ts";
import { kindOf, promptOf, readAnswers } from "./read-answers.ts";

/** Where rows hold their prompt and answers, and what their labels are. */
export interface AnswerLayout {
  columns: AnswerColumns;
  labels: Labeller;
}

/**
 * The pairs of rows that have a prompt and two answers in columns of one layout, which the first row decides: a file of two
 * layouts is two files that were joined, and its rows mean different things.
 */
export async function* answerPairs(
  rows: AsyncIterable<Row>,
  skipped: (row: Row, why: string) => void,
  layoutOf: (first: Columns, row: Row) => AnswerLayout,
  format: string,
): AsyncGenerator<PreferencePair> {
  let first: (AnswerLayout & { shape: string }) | null = null;
  for await (const row of rows) {
    const { value } = row;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw invalidRow(row, format, "it is not an object");
    const one = value as Columns;
    if (!first) {
      const { columns, labels } = layoutOf(one, row);
      first = { columns, labels, shape: shapeOf(one, columns) };
    }
    const shape = shapeOf(one, first.columns);
    if (shape !== first.shape)
      throw invalidRow(row, format, `it has ${shape}, and the first row has ${first.shape}; a file has one layout`);
    const answers = readAnswers(one, first.columns);
    const labels = answers.reason === null ? first.labels(row, one) : answers;
    if (answers.reason !== null || labels.reason !== null) {
      const { reason, isRefusal } = labels as { reason: string; isRefusal: boolean };
      if (isRefusal) throw invalidRow(row, format, reason);
      skipped(row, reason);
      continue;
    }
    const { prompt, messages, responses } = answers;
    const { winners, scores } = labels;
    yield { prompt, ...(messages ? { messages } : {}), responses, winners, ...(scores ? { scores } : {}) };
  }
}

/** What a row's columns hold, in words. */
function shapeOf(row: Columns, columns: AnswerColumns): string {
  const prompt = kindOf(promptOf(row, columns));
  const answers = [...new Set([row[columns.chosen], row[columns.rejected]].map(kindOf))];
  const hasPrompt = prompt !== "nothing";
  // transcripts are texts where the prompt has a column of its own: without one, where they are split is another question
  const word = (kind: string | null): string =>
    kind === null ? "something else" : kind === "transcript" ? (hasPrompt ? "text" : "transcripts") : kind;
  return `${hasPrompt ? `a prompt of ${word(prompt)}` : "no prompt"} and answers of ${answers.map(word).join(" and ")}`;
}
