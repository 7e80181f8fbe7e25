import type { Measure } from "@uniarm/core/schema";

/** A measure of a function that gives null where it is undefined, with the reason. */
export const measure = (value: number | null, reason: string): Measure =>
  value === null ? { value, reason } : { value };

/** Mean of measures; without one of them there is no mean. */
export function meanMeasure(measures: readonly Measure[]): Measure {
  let sum = 0;
  for (const one of measures) {
    if (one.value === null) return one;
    sum += one.value;
  }
  return measure(measures.length === 0 ? null : sum / measures.length, "There is nothing to take the mean of.");
}
