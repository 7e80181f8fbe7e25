import { signsOf } from "@uniarm/core";
import type { ObjectiveList, PreferencePair } from "@uniarm/core/schema";

/** How much a dataset can teach about trade-offs: only pairs whose objectives disagree depend on the preference. */
export interface PairStatistics {
  pairs: number;
  /** share of pairs in which two objectives prefer different responses, ties aside */
  conflictRate: number;
  /** objective name -> share of pairs that are tied */
  tieRates: Record<string, number>;
}

export function pairStatistics(pairs: readonly PreferencePair[], objectives: ObjectiveList): PairStatistics {
  const signs = pairs.map((pair) => signsOf(pair, objectives, "ignore"));
  const share = (holds: (row: readonly number[]) => boolean): number => signs.filter(holds).length / signs.length;
  return {
    pairs: signs.length,
    conflictRate: share(isConflict),
    tieRates: Object.fromEntries(objectives.map(({ name }, column) => [name, share((row) => row[column] === 0)])),
  };
}

/** @param signs [K]: +1 response 0 wins, -1 response 1 wins, 0 tied */
export const isConflict = (signs: readonly number[]): boolean => signs.includes(1) && signs.includes(-1);
