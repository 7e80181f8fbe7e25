import { UniArmError, type Interval, type VarianceComponents } from "@uniarm/core/schema";
import { studentQuantile, studentWithin } from "./student.ts";

/** What each seed and prompt adds to a figure: [S,P], every seed on the same prompts. */
export type Contributions = readonly ArrayLike<number>[];

/** How far a figure is known from the seeds and prompts that it was measured on. */
export interface Spread {
  standardError: number;
  /** of freedom, for Student's distribution */
  degrees: number;
  components: VarianceComponents;
}

interface MeanSquare {
  square: number;
  degrees: number;
}

/**
 * Standard error of a mean over S seeds and the same P prompts for each, both drawn at random and crossed: two-way analysis of
 * variance with prompts within their strata,
 *
 *   V = (MS_seed + MS_prompt - MS_both) / (S P),
 *
 * with degrees of freedom by Satterthwaite (An Approximate Distribution of Estimates of Variance Components, 1946), one where
 * there are two seeds. A variance that comes out negative counts as 0. Student's interval over seeds alone takes the prompts for fixed, the prompt bootstrap takes the
 * ARMs for fixed, and adding the two counts twice what is of seed and prompt together. With one seed, only prompts vary.
 * Null where nothing can be said: as many strata as prompts.
 *
 * Simulated false positives at 5 %, the worst over all ratios of the variances: 6 % from four seeds on, 7.2 % for three. By
 * Satterthwaite two seeds would have 13 %, since two equal ones by chance look like no variance; with one degree of freedom their
 * intervals are wide, but hold.
 */
export function crossedSpread(contributions: Contributions, strata: readonly string[]): Spread | null {
  const [seeds, prompts] = [contributions.length, strata.length];
  if (seeds === 0 || contributions.some(({ length }) => length !== prompts))
    throw new UniArmError(
      "contributions-shape",
      `Got ${seeds} seeds with [${contributions.map(({ length }) => length).join(", ")}] contributions for ${prompts} prompts; every seed needs one for each prompt.`,
    );
  const { seed, prompt, both } = meanSquares(contributions, strata);
  if (prompt.degrees === 0) return null;
  if (!seed || !both)
    return {
      standardError: Math.sqrt(prompt.square / prompts),
      degrees: prompt.degrees,
      components: { seed: null, prompt: null, both: prompt.square },
    };
  const [seedCounts, promptCounts] = [seed, prompt].map(({ square }) => (square > both.square ? 1 : 0)) as [
    number,
    number,
  ];
  const parts = [
    { ...seed, factor: seedCounts },
    { ...prompt, factor: promptCounts },
    { ...both, factor: 1 - seedCounts - promptCounts },
  ];
  const sum = parts.reduce((total, { square, factor }) => total + factor * square, 0);
  const spread = parts.reduce((total, { square, factor, degrees }) => total + (factor * square) ** 2 / degrees, 0);
  const fewest = Math.min(seed.degrees, prompt.degrees);
  return {
    standardError: Math.sqrt(sum / (seeds * prompts)),
    degrees: seeds === 2 || spread === 0 ? fewest : Math.max(fewest, sum ** 2 / spread),
    components: {
      seed: Math.max(0, seed.square - both.square) / prompts,
      prompt: Math.max(0, prompt.square - both.square) / seeds,
      both: both.square,
    },
  };
}

/** Student's interval. */
export function spreadInterval(value: number, { standardError, degrees }: Spread, confidence: number): Interval {
  const half = studentQuantile(confidence, degrees) * standardError;
  return { low: value - half, high: value + half };
}

/** Two-sided p of Student's test that the figure is 0; null where nothing varies, since no test is defined then. */
export function spreadTest(value: number, { standardError, degrees }: Spread): number | null {
  if (standardError <= 1e-12 * Math.abs(value) || standardError === 0) return null; // rounding is no variation
  return 1 - studentWithin(Math.abs(value) / standardError, degrees);
}

function meanSquares(
  contributions: Contributions,
  strata: readonly string[],
): { seed: MeanSquare | null; prompt: MeanSquare; both: MeanSquare | null } {
  const [seeds, prompts] = [contributions.length, strata.length];
  const groups = [...Map.groupBy(strata.keys(), (prompt) => strata[prompt]!).values()];
  const overall = contributions.map((row) => mean(Array.from(row)));
  const centre = mean(overall);
  let [promptSum, bothSum] = [0, 0];
  for (const group of groups) {
    const ofSeeds = contributions.map((row) => mean(group.map((prompt) => row[prompt]!)));
    const ofGroup = mean(ofSeeds);
    for (const prompt of group) {
      const ofPrompt = mean(contributions.map((row) => row[prompt]!));
      promptSum += seeds * (ofPrompt - ofGroup) ** 2;
      for (const [seed, row] of contributions.entries())
        bothSum += (row[prompt]! - ofSeeds[seed]! - ofPrompt + ofGroup) ** 2;
    }
  }
  const degrees = prompts - groups.length;
  const prompt = { square: degrees === 0 ? 0 : promptSum / degrees, degrees };
  if (seeds === 1 || degrees === 0) return { seed: null, prompt, both: null };
  const seedSum = prompts * overall.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return {
    seed: { square: seedSum / (seeds - 1), degrees: seeds - 1 },
    prompt,
    both: { square: bothSum / ((seeds - 1) * degrees), degrees: (seeds - 1) * degrees },
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
