import { csv } from "../csv.ts";

/** A metric's history, as the server answers it: columns of equal length. */
export interface History {
  key: string;
  step: readonly number[];
  value: readonly (number | null)[];
  min: readonly (number | null)[];
  max: readonly (number | null)[];
  count: readonly number[];
}

/** A row for each point of each history. */
export const metricsCsv = (histories: readonly History[]): string =>
  csv(
    ["key", "step", "value", "min", "max", "points"],
    histories.flatMap(({ key, step, value, min, max, count }) =>
      step.map((at, index) => [key, at, value[index], min[index], max[index], count[index]]),
    ),
  );
