import type { Random } from "@uniarm/core";
import type { EvaluationConfig } from "@uniarm/core/schema";
import { hypervolume } from "../metrics/hypervolume.ts";
import type { RewardTable } from "../reward-table.ts";
import type { ComparedFigure } from "./jackknife.ts";

/**
 * Whether two methods' answers differ on the prompts they share: each permutation exchanges the two methods' whole rows (all
 * preferences and objectives, all seeds) of a prompt or does not, and the difference of each figure is computed anew from the
 * means, since hypervolume is not additive over prompts. Two-sided p: (1 + as far) / (1 + permutations), all 2^P exchanges where
 * there are no more than that. It takes the trained ARMs as they are: over training seeds it says nothing.
 *
 * Tables come in pairs, a pair a seed, all with the same preferences and prompts.
 */
export function methodPermutation(...given: Parameters<typeof permuting>): Record<ComparedFigure, number> {
  const steps = permuting(...given);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same in steps of so many draws, between which others may have their turn. */
const DRAWS_PER_STEP = 50;

export function* permuting(
  pairs: readonly (readonly [RewardTable, RewardTable])[],
  config: EvaluationConfig,
  { permutations, random }: { permutations: number; random: Random },
): Generator<undefined, Record<ComparedFigure, number>> {
  const parts = pairs.map(([first, second]) => halves(first, second, config));
  const prompts = pairs[0]![0].promptIds.length;
  const { preferences, objectiveCount } = pairs[0]![0];
  const signs = new Int8Array(prompts).fill(1);
  const differenceOf = (): Record<ComparedFigure, number> => {
    const sum = { hypervolume: 0, meanInnerProduct: 0 };
    for (const { middle, half, product } of parts) {
      const shift = signedSum(half, signs, middle.length);
      for (let prompt = 0; prompt < prompts; prompt++) sum.meanInnerProduct += signs[prompt]! * product[prompt]!;
      for (const side of [1, -1]) {
        const points = preferences.map((_, w) => {
          const start = w * objectiveCount;
          return Array.from({ length: objectiveCount }, (_k, k) => middle[start + k]! + side * shift[start + k]!);
        });
        sum.hypervolume += side * hypervolume(points, config.referencePoint);
      }
    }
    return sum;
  };
  const observed = differenceOf();
  const size = parts.reduce(
    (sum, { middle, product }) => [...middle, ...product].reduce((one, value) => one + Math.abs(value), sum),
    1,
  );
  const isAsFar = (difference: Record<ComparedFigure, number>, figure: ComparedFigure): boolean =>
    Math.abs(difference[figure]) >= Math.abs(observed[figure]) - 1e-12 * size; // sums in another order differ by rounding
  const asFar = { hypervolume: 0, meanInnerProduct: 0 };
  const isExact = prompts <= 30 && 2 ** prompts <= permutations;
  const draws = isExact ? 2 ** prompts : permutations;
  for (let draw = 0; draw < draws; draw++) {
    if (draw % DRAWS_PER_STEP === DRAWS_PER_STEP - 1) yield;
    for (let prompt = 0; prompt < prompts; prompt++)
      signs[prompt] = (isExact ? (draw >> prompt) & 1 : random.integer(2)) === 1 ? 1 : -1;
    const difference = differenceOf();
    for (const figure of ["hypervolume", "meanInnerProduct"] as const)
      if (isAsFar(difference, figure)) asFar[figure] += 1;
  }
  const share = (count: number): number => (isExact ? count / draws : (1 + count) / (1 + draws));
  return { hypervolume: share(asFar.hypervolume), meanInnerProduct: share(asFar.meanInnerProduct) };
}

interface Halves {
  /** [W*K] mean over prompts of half the sum of two tables, normalised */
  middle: Float64Array;
  /** [P,W*K] each prompt's half of their difference, normalised, over P */
  half: Float64Array;
  /** [P] each prompt's difference of a . y, mean over preferences, over P */
  product: Float64Array;
}

function halves(first: RewardTable, second: RewardTable, { normaliser: { nadir, ideal } }: EvaluationConfig): Halves {
  const { objectiveCount: objectives, preferences } = first;
  const prompts = first.promptIds.length;
  const width = preferences.length * objectives;
  const middle = new Float64Array(width);
  const half = new Float64Array(prompts * width);
  const product = new Float64Array(prompts);
  for (const [w, preference] of preferences.entries())
    for (let prompt = 0; prompt < prompts; prompt++)
      for (let k = 0; k < objectives; k++) {
        const place = (w * prompts + prompt) * objectives + k;
        const [one, other] = [first.rewards[place]!, second.rewards[place]!];
        const scale = (ideal[k]! - nadir[k]!) * prompts;
        middle[w * objectives + k]! += ((one + other) / 2 - nadir[k]!) / scale;
        half[prompt * width + w * objectives + k] = (one - other) / 2 / scale;
        product[prompt]! += (preference[k]! * (one - other)) / preferences.length / prompts;
      }
  return { middle, half, product };
}

function signedSum(half: Float64Array, signs: Int8Array, width: number): Float64Array {
  const sum = new Float64Array(width);
  for (let prompt = 0; prompt < signs.length; prompt++) {
    const [sign, start] = [signs[prompt]!, prompt * width];
    for (let place = 0; place < width; place++) sum[place]! += sign * half[start + place]!;
  }
  return sum;
}
