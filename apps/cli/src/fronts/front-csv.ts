import { csv } from "../csv.ts";

export interface CsvFront {
  objectives: readonly string[];
  points: readonly {
    preference: readonly number[];
    mean: readonly number[];
    /** bounds of the intervals; empty where the front has none */
    low: readonly number[];
    high: readonly number[];
    promptCount: number;
    dominated: boolean;
  }[];
}

/** A row for each point of a front: preference, means and the bounds of their intervals. */
export function frontCsv({ objectives, points }: CsvFront): string {
  const each = (prefix: string): string[] => objectives.map((name) => `${prefix}_${name}`);
  return csv(
    [...each("preference"), ...each("mean"), ...each("low"), ...each("high"), "prompts", "dominated"],
    points.map(({ preference, mean, low, high, promptCount, dominated }) => {
      const bounds = (values: readonly number[]) => objectives.map((_, axis) => values[axis]);
      return [...preference, ...mean, ...bounds(low), ...bounds(high), promptCount, dominated];
    }),
  );
}
