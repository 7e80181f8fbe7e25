import { createRandom, UniArmError } from "@uniarm/core/schema";
import { factorsOf, type Factor } from "./levels.ts";
import { treeLeaves, type Leaf } from "./tree.ts";

/** A run: what it was given, and what came of it. */
export interface Observation {
  /** by path */
  settings: Readonly<Record<string, unknown>>;
  value: number;
}

/** How much of the variance of a figure each setting explains. */
export interface Importance {
  /** how many runs it is judged by */
  runs: number;
  /** the most important first; `share` of the variance by the setting alone, `spread`: its standard deviation over the trees */
  settings: { path: string; share: number; spread: number }[];
  /** the share of settings together: what none explains alone */
  together: number;
}

/** With fewer, chance decides which setting looks important. */
export const FEWEST_RUNS = 10;
const TREES = 64;

export interface ImportanceOptions {
  seed?: number;
  trees?: number;
  /** each tree sees a draw of the runs, with replacement */
  bootstrap?: boolean;
}

/**
 * Functional ANOVA (Hutter, Hoos and Leyton-Brown 2014, as Optuna does) over a small random forest: the variance of what it
 * predicts over all combinations of the values that were tried, and how much of it is of one setting's means alone.
 * @throws UniArmError importance-few, importance-flat
 */
export function importanceOf(
  observations: readonly Observation[],
  { seed = 0, trees = TREES, bootstrap = true }: ImportanceOptions = {},
): Importance {
  const runs = observations.length;
  if (runs < FEWEST_RUNS)
    throw new UniArmError(
      "importance-few",
      `Importance is judged by at least ${FEWEST_RUNS} runs that have the figure; ${runs === 1 ? "1 run has" : `${runs} runs have`} it.`,
    );
  const values = observations.map(({ value }) => value);
  if (values.every((value) => value === values[0]))
    throw new UniArmError(
      "importance-flat",
      `All ${runs} runs have the same figure, ${values[0]}: no setting matters for it.`,
    );
  const factors = factorsOf(observations.map(({ settings }) => settings));
  if (factors.length === 0)
    throw new UniArmError("importance-flat", `The ${runs} runs have the same settings: what differs is chance alone.`);
  const random = createRandom(seed).fork("importance");
  const shares: number[][] = [];
  for (let tree = 0; tree < trees; tree++) {
    const own = random.fork(String(tree));
    const rows = Array.from({ length: runs }, (_, index) => (bootstrap ? own.integer(runs) : index));
    const found = sharesOf(factors, treeLeaves(factors, values, rows));
    if (found) shares.push(found); // a draw may hold one value only
  }
  const settings = factors.map(({ path }, index) => {
    const of = shares.map((tree) => tree[index]!);
    const share = mean(of);
    return { path, share, spread: Math.sqrt(mean(of.map((one) => (one - share) ** 2))) };
  });
  const alone = settings.reduce((sum, { share }) => sum + share, 0);
  return {
    runs,
    settings: settings.toSorted((one, other) => other.share - one.share),
    together: Math.max(0, 1 - alone),
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of the variance over all combinations of levels, what each factor explains alone; null where there is none. */
function sharesOf(factors: readonly Factor[], leaves: readonly Leaf[]): number[] | null {
  const weights = leaves.map(({ levels }) =>
    levels.reduce((product, held, index) => product * (held.length / factors[index]!.levels), 1),
  );
  const average = leaves.reduce((sum, { value }, index) => sum + weights[index]! * value, 0);
  const variance = leaves.reduce((sum, { value }, index) => sum + weights[index]! * (value - average) ** 2, 0);
  if (variance <= 0) return null;
  return factors.map(({ levels: count }, factor) => {
    const means = new Float64Array(count);
    for (const [index, { levels, value }] of leaves.entries()) {
      const held = levels[factor]!;
      const weight = (weights[index]! * count) / held.length; // among combinations that have one of these levels
      for (const level of held) means[level]! += weight * (value - average);
    }
    return means.reduce((sum, one) => sum + one ** 2, 0) / count / variance;
  });
}
