import type { Random } from "@uniarm/core";
import { preferenceGrid } from "@uniarm/core/schema";
import { figuresOf, type Figures } from "../../src/figures.ts";
import type { RewardTable } from "../../src/reward-table.ts";
import { config } from "./scores.ts";

/** Standard deviations of what a simulated reward is made of. */
export interface SimulatedSpread {
  /** of a training seed, on all prompts */
  seed: number;
  /** of a prompt, for all seeds and preferences */
  prompt: number;
  /** of one answer */
  answer: number;
}

const PREFERENCES = preferenceGrid(2, 10);

/** The rewards of an ARM's seed on average over all prompts, [W,K]: a quarter circle whose two ends move with the seed. */
function meansOfSeed(random: Random, radius: number, { seed }: SimulatedSpread): number[][] {
  const shifts = [seed * random.normal(), seed * random.normal()];
  return PREFERENCES.map((preference) => {
    const length = Math.hypot(...preference);
    return preference.map((entry, k) => ((radius + shifts[k]!) * entry) / length);
  });
}

/** One method: a table for each seed, on prompts whose difficulty [P,K] all of them share. */
export function simulatedRuns(
  random: Random,
  difficulty: readonly (readonly number[])[],
  { seeds, radius, spread }: { seeds: number; radius: number; spread: SimulatedSpread },
): RewardTable[] {
  return Array.from({ length: seeds }, () => {
    const means = meansOfSeed(random, radius, spread);
    const rewards = means.flatMap((row) =>
      difficulty.flatMap((shared) => row.map((value, k) => value + shared[k]! + spread.answer * random.normal())),
    );
    return {
      preferences: PREFERENCES,
      promptIds: difficulty.map((_, prompt) => `p${String(prompt).padStart(4, "0")}`),
      strata: difficulty.map(() => ""),
      objectiveCount: 2,
      rewards: Float64Array.from(rewards),
    };
  });
}

/** Difficulties of prompts, skewed as rewards often are: a few prompts are far worse than the others. */
export function simulatedPrompts(random: Random, prompts: number, { prompt }: SimulatedSpread): number[][] {
  const skewed = (): number => prompt * (1 + Math.log(1 - random.uniform())); // mean 0, deviation `prompt`
  return Array.from({ length: prompts }, () => [skewed(), skewed()]);
}

/** Figures of a method over all seeds and prompts, by many seeds. */
export function trueFigures(random: Random, radius: number, spread: SimulatedSpread): Omit<Figures, "mean"> {
  const count = spread.seed === 0 ? 1 : 20_000;
  const sum = { hypervolume: 0, meanInnerProduct: 0 };
  for (let seed = 0; seed < count; seed++) {
    const rewards = Float64Array.from(meansOfSeed(random, radius, spread).flat());
    const table = { preferences: PREFERENCES, promptIds: ["all"], strata: [""], objectiveCount: 2, rewards };
    const { hypervolume, meanInnerProduct } = figuresOf(table, config);
    sum.hypervolume += hypervolume / count;
    sum.meanInnerProduct += meanInnerProduct / count;
  }
  return sum;
}
