/** Which row of a part's pass each row of the batch reads; those that have read the same so far share one. */
export type SharedRows = readonly number[];

/** A way from rows of a pass to those that come after. */
export interface Regrouped {
  /** which row each new row continues */
  from: number[];
  /** the first row of the batch that reads each new row */
  readers: number[];
  /** per row of the batch */
  places: SharedRows;
}

/** More than any vocabulary has; a place times this is exact. */
const KEYS = 2 ** 32;

/**
 * Rows of the batch stay together that shared a row and whose keys are equal: after a token, those that chose the same; when
 * rows leave, all that are left.
 * @param before of rows that are left, in the batch's new order
 * @param keys whole numbers below 2^32; default: all are equal
 */
export function regroup(before: SharedRows, keys?: readonly number[]): Regrouped {
  const found = new Map<number, number>();
  const from: number[] = [];
  const readers: number[] = [];
  const places = before.map((place, row) => {
    const key = place * KEYS + (keys?.[row] ?? 0);
    const known = found.get(key);
    if (known !== undefined) return known;
    found.set(key, from.length);
    readers.push(row);
    return from.push(place) - 1;
  });
  return { from, readers, places };
}
