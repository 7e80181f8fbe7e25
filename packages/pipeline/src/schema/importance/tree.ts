import type { Factor } from "./levels.ts";

/** A part of the space of settings in which a tree predicts one value. */
export interface Leaf {
  /** numbers of the levels that it holds, of each factor */
  levels: readonly (readonly number[])[];
  value: number;
}

interface Split {
  factor: number;
  /** whether a level goes to the first part */
  isFirst: (level: number) => boolean;
  /** sum of squared differences from the means of the two parts */
  error: number;
}

/** A regression tree, grown until each leaf has runs of one value only: its leaves. `rows` may repeat runs. */
export function treeLeaves(factors: readonly Factor[], values: readonly number[], rows: readonly number[]): Leaf[] {
  const grow = (own: readonly number[], levels: readonly (readonly number[])[]): Leaf[] => {
    const split =
      own.length > 1 && own.some((row) => values[row] !== values[own[0]!]) ? best(factors, values, own) : null;
    if (!split) return [{ levels, value: mean(own.map((row) => values[row]!)) }];
    const { factor, isFirst } = split;
    return [true, false].flatMap((side) =>
      grow(
        own.filter((row) => isFirst(factors[factor]!.of[row]!) === side),
        levels.map((held, index) => (index === factor ? held.filter((level) => isFirst(level) === side) : held)),
      ),
    );
  };
  return grow(
    rows,
    factors.map(({ levels }) => Array.from({ length: levels }, (_, level) => level)),
  );
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The split that leaves the least error; null where all runs have the same settings. */
function best(factors: readonly Factor[], values: readonly number[], rows: readonly number[]): Split | null {
  let found: Split | null = null;
  const total = rows.reduce((sum, row) => sum + values[row]!, 0);
  for (const [factor, { of, isOrdered }] of factors.entries()) {
    const byLevel = new Map<number, { count: number; sum: number }>();
    for (const row of rows) {
      const level = byLevel.get(of[row]!) ?? { count: 0, sum: 0 };
      byLevel.set(of[row]!, { count: level.count + 1, sum: level.sum + values[row]! });
    }
    const present = [...byLevel.keys()].toSorted((one, other) => one - other);
    let [count, sum] = [0, 0];
    for (const [place, level] of present.slice(0, isOrdered || present.length === 2 ? -1 : undefined).entries()) {
      const here = byLevel.get(level)!;
      [count, sum] = isOrdered ? [count + here.count, sum + here.sum] : [here.count, here.sum];
      // what does not depend on the split is left out of the error
      const error = -(sum ** 2 / count + (total - sum) ** 2 / (rows.length - count));
      if (found && error >= found.error - 1e-12 * Math.abs(found.error)) continue;
      const middle = (level + (present[place + 1] ?? level)) / 2;
      found = { factor, error, isFirst: isOrdered ? (one) => one <= middle : (one) => one === level };
    }
  }
  return found;
}
