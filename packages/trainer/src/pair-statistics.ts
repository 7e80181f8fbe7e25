import { signsOf } from "@uniarm/core";
import type { ObjectiveList, PreferencePair } from "@uniarm/core/schema";

/** How much a dataset can teach about trade-offs: only pairs whose objectives disagree depend on the preference. */
export interface PairStatistics {
  pairs: number;
  /** share of pairs in which two objectives prefer different responses, ties aside */
  conflictRate: number;
  /** objective name -> share of pairs that are tied */
  tieRates: Record<string, number>;
  /** objective name -> share of pairs without a winner on it; only of objectives that lack some */
  missingRates: Record<string, number>;
  /** objectives that pairs have winners on, but the run does not have */
  others: string[];
}

export function pairStatistics(pairs: readonly PreferencePair[], objectives: ObjectiveList): PairStatistics {
  const names = objectives.map(({ name }) => name);
  const signs = pairs.map((pair) => signsOf(pair, objectives, "ignore", "mask"));
  const share = (count: number): number => count / pairs.length;
  const missing = names.map((name) => pairs.filter(({ winners }) => winners[name] === undefined).length);
  const ties = names.map((_, column) => signs.filter((row) => row[column] === 0).length - missing[column]!);
  const rates = (counts: readonly number[]): [string, number][] =>
    names.map((name, column) => [name, share(counts[column]!)]);
  return {
    pairs: pairs.length,
    conflictRate: share(signs.filter(isConflict).length),
    tieRates: Object.fromEntries(rates(ties)),
    missingRates: Object.fromEntries(rates(missing).filter(([, rate]) => rate > 0)),
    others: [...new Set(pairs.flatMap(({ winners }) => Object.keys(winners)))].filter((name) => !names.includes(name)),
  };
}

/** @param signs [K]: +1 response 0 wins, -1 response 1 wins, 0 tied */
export const isConflict = (signs: readonly number[]): boolean => signs.includes(1) && signs.includes(-1);
