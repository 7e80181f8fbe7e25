import { UniArmError } from "@uniarm/core/schema";
import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";
import type { Row } from "../files/row.ts";
import type { AnswerColumns } from "./answer-columns.ts";
import { answerPairs } from "./answer-pairs.ts";
import type { Columns, Format } from "./format.ts";
import { chosenLabels, columnLabels } from "./labels.ts";
import type { ScoreColumns } from "./score-columns.ts";

const Column = z.string().min(1);
const Two = z.tuple([Column, Column]);

/** Where rows of one's own hold prompt and answers: the names of their columns. */
export const ColumnMapping = z
  .strictObject({
    prompt: Column.optional().describe("what is asked: text or messages; left out: the answers' common beginning"),
    messages: Column.optional().describe("another name for prompt, where it holds messages"),
    system: Column.optional().describe("a system turn before the prompt"),
    chosen: Column.optional().describe("the preferred answer: text, or messages that end in it"),
    rejected: Column.optional(),
    responses: Two.optional().describe("in place of chosen and rejected: two answers with labels or scores"),
    objective: z.string().min(1).default("preferred").describe("what chosen is better at"),
    winners: z
      .record(z.string().min(1), Column)
      .optional()
      .describe("with responses: objective -> column with the better one: 0, 1, a, b, its column, or tie"),
    scores: z
      .union([Two, z.record(z.string().min(1), Two)])
      .optional()
      .describe("columns of both answers' scores, larger is better; or objective -> these"),
  })
  .superRefine((mapping, context) => {
    const issue = (message: string): void => {
      context.addIssue({ code: "custom", message });
    };
    const isLabelled = mapping.responses !== undefined;
    if (isLabelled === (mapping.chosen !== undefined || mapping.rejected !== undefined))
      issue('name "chosen" and "rejected", or "responses" with "winners" or "scores"');
    else if (!isLabelled && (mapping.chosen === undefined || mapping.rejected === undefined))
      issue('name both "chosen" and "rejected"');
    if (mapping.prompt !== undefined && mapping.messages !== undefined) issue('name "prompt" or "messages", not both');
    if (isLabelled && mapping.winners === undefined && mapping.scores === undefined)
      issue('"responses" need "winners" or "scores": which one is better?');
    if (!isLabelled && mapping.winners !== undefined) issue('"winners" go with "responses"; chosen is the winner');
    if (!isLabelled && mapping.scores !== undefined && !Array.isArray(mapping.scores))
      issue('"scores" of several objectives go with "responses"; with chosen they are two columns');
  });
export type ColumnMapping = z.input<typeof ColumnMapping>;

/** The format that a mapping describes. @throws UniArmError data-mapping-invalid */
export function mappedFormat(given: unknown): Format {
  const parsed = ColumnMapping.safeParse(given);
  if (!parsed.success) {
    const keys = Object.keys(ColumnMapping.shape);
    const what = parsed.error.issues.map((issue) =>
      issue.code === "unrecognized_keys"
        ? `${issue.keys.map((key) => `${JSON.stringify(key)} is no part of it${meant(key, keys)}`).join(", ")}; it has ${keys.join(", ")}`
        : `${issue.path.length > 0 ? `${issue.path.join(".")}: ` : ""}${issue.message}`,
    );
    throw new UniArmError(
      "data-mapping-invalid",
      `The mapping of columns cannot be used: ${what.join("; ")}. For example: {"prompt":"question","chosen":"good","rejected":"bad"}`,
    );
  }
  return formatOf(parsed.data);
}

function formatOf(mapping: z.output<typeof ColumnMapping>): Format {
  const { chosen, rejected, responses, objective, winners, scores, system } = mapping;
  const prompt = mapping.prompt ?? mapping.messages;
  const columns: AnswerColumns = {
    prompt: prompt === undefined ? null : [prompt],
    system: system ?? null,
    chosen: chosen ?? responses![0],
    rejected: rejected ?? responses![1],
  };
  const byObjective: Record<string, ScoreColumns> =
    scores === undefined ? {} : Array.isArray(scores) ? { [objective]: scores } : scores;
  const labels = responses
    ? columnLabels(winners ?? {}, byObjective, responses)
    : chosenLabels(objective, byObjective[objective] ?? null);
  const named = [
    ...(columns.prompt ?? []),
    ...(system === undefined ? [] : [system]),
    columns.chosen,
    columns.rejected,
  ].concat(Object.values(winners ?? {}), Object.values(byObjective).flat());
  return {
    name: "mapping",
    keys: named,
    recognises: () => true,
    pairs: (rows, skipped) =>
      answerPairs(
        rows,
        skipped,
        (first, row) => {
          checkColumns(named, first, row);
          return { columns, labels };
        },
        "mapping",
      ),
  };
}

function checkColumns(named: readonly string[], first: Columns, { where }: Row): void {
  const known = Object.keys(first);
  const missing = named.filter((column) => !Object.hasOwn(first, column));
  if (missing.length === 0) return;
  throw new UniArmError(
    "data-column-missing",
    `${where} has no column ${missing.map((column) => `${JSON.stringify(column)}${meant(column, known)}`).join(", ")}. ` +
      `Its columns are ${known.slice(0, 30).join(", ")}.`,
  );
}

/** ", did you mean ...", where something is near. */
function meant(name: string, known: readonly string[]): string {
  if (known.length === 0) return "";
  const near = closest(
    name.toLowerCase(),
    known.map((one) => one.toLowerCase()),
  );
  if (distance(name.toLowerCase(), near) > Math.max(2, Math.floor(name.length / 3))) return "";
  return ` (did you mean ${JSON.stringify(known.find((one) => one.toLowerCase() === near))}?)`;
}
