import type { PreferencePair, Winner } from "@uniarm/core/schema";
import type { Row } from "../files/row.ts";
import type { Columns } from "./format.ts";
import { numberOf } from "./number-of.ts";
import type { ScoreColumns } from "./score-columns.ts";

/** Who wins; or why a row has no label, and whether it cannot be read at all. */
export type Labels =
  (Pick<PreferencePair, "winners" | "scores"> & { reason: null }) | { reason: string; isRefusal: boolean };
export type Labeller = (row: Row, columns: Columns) => Labels;

/** The first answer is the chosen one; equal scores are a tie. */
export const chosenLabels =
  (objective: string, scores: ScoreColumns | null): Labeller =>
  (row, columns) => {
    const read = scores && scoresOf(row, columns, scores);
    if (read && "reason" in read) return read;
    if (!read) return { winners: { [objective]: 0 }, reason: null };
    const [chosen, rejected] = read;
    if (chosen < rejected)
      return {
        reason: `chosen has the lower score, ${chosen} to ${rejected}: label and scores disagree`,
        isRefusal: false,
      };
    return { winners: { [objective]: chosen === rejected ? "tie" : 0 }, scores: { [objective]: read }, reason: null };
  };

/** Winners from a column for each objective, or from its scores where it has no such column. */
export const columnLabels =
  (
    winners: Readonly<Record<string, string>>,
    scores: Readonly<Record<string, ScoreColumns>>,
    responses: readonly [string, string],
  ): Labeller =>
  (row, columns) => {
    const found: { winners: Record<string, Winner>; scores: Record<string, [number, number]> } = {
      winners: {},
      scores: {},
    };
    for (const [objective, two] of Object.entries(scores)) {
      const read = scoresOf(row, columns, two);
      if (read && "reason" in read) return read;
      if (!read) continue;
      found.scores[objective] = read;
      found.winners[objective] = read[0] === read[1] ? "tie" : read[0] > read[1] ? 0 : 1;
    }
    for (const [objective, column] of Object.entries(winners)) {
      const winner = winnerOf(columns[column], responses);
      if (winner === undefined)
        return {
          reason: `${column}: expected 0, 1, a, b, ${responses.join(", ")} or tie, got ${JSON.stringify(columns[column])}`,
          isRefusal: true,
        };
      if (winner !== null) found.winners[objective] = winner;
    }
    if (Object.keys(found.winners).length === 0) return { reason: "it has no label", isRefusal: false };
    const hasScores = Object.keys(found.scores).length > 0;
    return { winners: found.winners, ...(hasScores ? { scores: found.scores } : {}), reason: null };
  };

function scoresOf(
  row: Row,
  columns: Columns,
  scores: ScoreColumns,
): [number, number] | { reason: string; isRefusal: true } | null {
  const values = scores.map((key) => numberOf(columns[key], row.isUntyped));
  const wrong = values.indexOf(undefined);
  if (wrong >= 0) {
    const column = scores[wrong]!;
    return { reason: `${column}: expected a number, got ${JSON.stringify(columns[column])}`, isRefusal: true };
  }
  const [one, other] = values as [number | null, number | null];
  return one === null || other === null ? null : [one, other];
}

/** Null without a label, undefined for what is none. */
function winnerOf(value: unknown, responses: readonly [string, string]): Winner | null | undefined {
  if (value === null || value === undefined || value === "") return null;
  if (value === 0 || value === 1) return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string") return undefined;
  const text = value.trim().toLowerCase();
  if (/^tie\b/.test(text)) return "tie"; // also "tie (bothbad)"
  return ([0, 1] as const).find((side) => NAMES[side].has(text) || text === responses[side].toLowerCase());
}

/** How people call the first and the second answer. */
const NAMES = [
  new Set(["0", "false", "a", "model_a", "response_a", "assistant_a"]),
  new Set(["1", "true", "b", "model_b", "response_b", "assistant_b"]),
] as const;
