/** A setting that differs between runs: its distinct values, and which one each run has. */
export interface Factor {
  path: string;
  /** how many distinct values, or groups of neighbouring ones */
  levels: number;
  /** values are numbers, in their order: what is near is alike */
  isOrdered: boolean;
  /** number of each run's value */
  of: Int32Array;
}

/** A range that was drawn from has as many values as runs: neighbours count as one. */
const MOST_LEVELS = 32;

/** The settings in which runs differ; one that a run does not have counts as a value of its own. */
export function factorsOf(runs: readonly Readonly<Record<string, unknown>>[]): Factor[] {
  const paths = [...new Set(runs.flatMap((run) => Object.keys(run)))].toSorted();
  return paths.flatMap((path) => {
    const texts = runs.map((run) => JSON.stringify(run[path]) ?? "absent");
    const distinct = new Map(texts.map((text, index) => [text, runs[index]![path]]));
    if (distinct.size < 2) return [];
    const isOrdered = [...distinct.values()].every((value) => typeof value === "number");
    const order = [...distinct].toSorted(([one, a], [other, b]) =>
      isOrdered ? (a as number) - (b as number) : one < other ? -1 : 1,
    );
    const levels = isOrdered ? Math.min(MOST_LEVELS, order.length) : order.length;
    const number = new Map(order.map(([text], index) => [text, Math.floor((index * levels) / order.length)]));
    return [{ path, isOrdered, levels, of: Int32Array.from(texts, (text) => number.get(text)!) }];
  });
}
