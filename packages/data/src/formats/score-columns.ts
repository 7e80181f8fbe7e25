import type { Columns } from "./format.ts";

/** The columns of the chosen and of the rejected answer's score. */
export type ScoreColumns = readonly [chosen: string, rejected: string];

/** What a score is called, the likeliest to be the right one first. */
const MEASURES = ["score", "overallscore", "avgscore", "meanscore", "rating", "avgrating", "meanrating", "reward"];

/**
 * Two columns of scores, however their names are joined: score_chosen, chosen-rating, rejectedScore. Null where there are
 * none; one alone says nothing about the pair.
 */
export function scoreColumns(row: Columns): ScoreColumns | null {
  const byName = new Map(Object.keys(row).map((key) => [key.toLowerCase().replaceAll(/[^a-z0-9]/g, ""), key]));
  const columnOf = (measure: string, side: string): string | undefined =>
    byName.get(`${measure}${side}`) ?? byName.get(`${side}${measure}`);
  for (const measure of MEASURES) {
    const [chosen, rejected] = [columnOf(measure, "chosen"), columnOf(measure, "rejected")];
    if (chosen !== undefined && rejected !== undefined) return [chosen, rejected];
  }
  return null;
}
