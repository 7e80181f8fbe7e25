import type { DecodingRow } from "./rows.ts";

/** Rows of a batch that read the same, once each. */
export interface DistinctRows {
  /** the first row of each kind */
  rows: DecodingRow[];
  /** per row of the batch: which of `rows` it is like */
  places: number[];
}

/** By the prompt alone: what the base model, and an adapter that does not see the preference, make of a row. */
export const distinctPrompts = (rows: readonly DecodingRow[]): DistinctRows =>
  distinct(rows, ({ prompt }) => prompt.id);

/** By prompt and the preference that adapters are given. */
export const distinctPreferences = (rows: readonly DecodingRow[]): DistinctRows =>
  distinct(rows, ({ prompt, preference, given }) => JSON.stringify([prompt.id, given ?? preference]));

/** By prompt and coefficients, where those decide what the adapter is. */
export const distinctCoefficients = (rows: readonly DecodingRow[]): DistinctRows =>
  distinct(rows, ({ prompt, coefficients }) => JSON.stringify([prompt.id, coefficients]));

/** Of parts that lie one below the other: which of all their distinct rows each row of the batch is like, part by part. */
export function placesOf(parts: readonly DistinctRows[]): number[] {
  let start = 0;
  return parts.flatMap(({ rows, places }) => {
    const shifted = places.map((place) => place + start);
    start += rows.length;
    return shifted;
  });
}

function distinct(rows: readonly DecodingRow[], keyOf: (row: DecodingRow) => string): DistinctRows {
  const found = new Map<string, number>();
  const first: DecodingRow[] = [];
  const places = rows.map((row) => {
    const key = keyOf(row);
    const place = found.get(key) ?? first.push(row) - 1;
    found.set(key, place);
    return place;
  });
  return { rows: first, places };
}
