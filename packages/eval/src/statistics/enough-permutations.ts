import type { EvaluationConfig } from "@uniarm/core/schema";
import { COMPARED_FIGURES } from "./jackknife.ts";

/** What Holm's correction of the smallest p that can come out may be at most: half of the usual 5 %. */
const SMALLEST_ADJUSTED = 0.025;

/**
 * Random permutations of each test between so many methods. A p is never below 1 / (1 + permutations), and Holm's correction
 * multiplies the smallest by the number of tests: with too few of them nothing between many methods could ever be found.
 */
export function enoughPermutations({ permutations }: Pick<EvaluationConfig, "permutations">, methods: number): number {
  if (permutations === 0) return 0;
  const tests = COMPARED_FIGURES.length * ((methods * (methods - 1)) / 2);
  return Math.max(permutations, Math.ceil(tests / SMALLEST_ADJUSTED));
}
