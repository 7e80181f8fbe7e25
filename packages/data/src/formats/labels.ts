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
  (winners: Readonly<Record<string, string>>, scores: Readonly<Record<string, ScoreColumns>>): Labeller =>
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
      const winner = winnerOf(columns[column], row.isUntyped);
      if (winner === undefined)
        return { reason: `${column}: expected 0, 1 or tie, got ${JSON.stringify(columns[column])}`, isRefusal: true };
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
function winnerOf(value: unknown, isUntyped = false): Winner | null | undefined {
  if (value === null || value === undefined || (isUntyped && value === "")) return null;
  if (value === 0 || value === 1 || value === "tie") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (!isUntyped || typeof value !== "string") return undefined;
  const text = value.trim().toLowerCase();
  if (text === "0" || text === "false") return 0;
  if (text === "1" || text === "true") return 1;
  return text === "tie" ? "tie" : undefined;
}
