import { dot } from "./dot.ts";

/** Pairs of a micro-batch and how far apart they are scored before the step. */
export interface OrderedPairs {
  /** D of each pair: one number [B][1] of what is trained at the row's preference, or one for each objective [B][K] */
  differences: readonly (readonly number[])[];
  /** [B][K]: +1, -1, or 0 for a tie or no winner */
  signs: readonly (readonly number[])[];
  /** [B][K]: weights of the objectives in the loss */
  lossPreferences: readonly (readonly number[])[];
}

/** Shares as sums, so that micro-batches and ARMs add up. */
export interface Share {
  right: number;
  all: number;
}

/**
 * How a step's pairs are ordered before it is made.
 * - `mixed`: pairs whose D has the sign of sum_i a_i s_i, among those where that is not 0; with a D for each objective, the
 *   objectives' own pairs together
 * - `objectives`: pairs whose D has the sign s_i, each counted by a_i: a pair that hardly asks for the objective says little of it
 */
export function batchAccuracy({ differences, signs, lossPreferences }: OrderedPairs): {
  mixed: Share;
  objectives: Share[];
} {
  const each = (differences[0]?.length ?? 1) > 1; // an objective has a D of its own, whatever the preference
  const mixed = { right: 0, all: 0 };
  const objectives = (signs[0] ?? []).map(() => ({ right: 0, all: 0 }));
  differences.forEach((row, index) => {
    const [own, weights] = [signs[index]!, lossPreferences[index]!];
    own.forEach((sign, column) => {
      if (sign !== 0) count(objectives[column]!, sign * row[each ? column : 0]!, each ? 1 : weights[column]!);
      if (sign !== 0 && each) count(mixed, sign * row[column]!, 1);
    });
    const wanted = each ? 0 : dot(weights, own);
    if (wanted !== 0) count(mixed, wanted * row[0]!, 1);
  });
  return { mixed, objectives };
}

function count(share: Share, agreement: number, weight: number): void {
  share.all += weight;
  if (agreement > 0) share.right += weight;
}

/** Null where nothing counts. */
export function shareOf(shares: readonly Share[]): number | null {
  const all = shares.reduce((sum, share) => sum + share.all, 0);
  return all === 0 ? null : shares.reduce((sum, { right }) => sum + right, 0) / all;
}
