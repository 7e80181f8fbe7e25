/** How much the database of the load holds. */
export interface LoadSize {
  runs: number;
  /** metrics of a run */
  keys: number;
  /** values of all metrics of all runs */
  points: number;
}

/** The first runs have a long history of their first metric, the next a medium one; what is left is spread over all metrics. */
export interface Spread {
  long: { runs: number; points: number };
  medium: { runs: number; points: number };
  rest: number;
}

export function spreadOf({ runs, points }: LoadSize): Spread {
  const longRuns = Math.min(20, Math.ceil(runs / 4));
  const mediumRuns = Math.min(100, runs - longRuns);
  const long = { runs: longRuns, points: Math.floor((points * 0.4) / longRuns) };
  const medium = { runs: mediumRuns, points: Math.floor((points * 0.04) / mediumRuns) };
  return { long, medium, rest: points - long.runs * long.points - medium.runs * medium.points };
}

/** Studies beside the runs, and the runs inside of each. */
export const studiesOf = ({ runs }: LoadSize): { studies: number; runsInside: number } => ({
  studies: Math.ceil(runs / 25),
  runsInside: 10,
});

/** The first metric is the one with long histories. */
export const LONG_KEY = "loss";
export const keyName = (index: number): string => (index === 0 ? LONG_KEY : `metric/${String(index).padStart(3, "0")}`);
