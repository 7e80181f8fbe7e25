import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Golden numbers of the reference implementation; each file says what made it. */
export const goldenPath = (path: string): string => fileURLToPath(new URL(`golden/${path}`, import.meta.url));

export function readGolden<T>(path: string): T {
  return JSON.parse(readFileSync(goldenPath(path), "utf8")) as T;
}

/** The largest absolute difference of two rows of equal length. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length)
    throw new Error(`${actual.length} numbers where ${expected.length} were expected`);
  let largest = 0;
  for (let index = 0; index < expected.length; index++)
    largest = Math.max(largest, Math.abs(actual[index]! - expected[index]!));
  return largest;
}
