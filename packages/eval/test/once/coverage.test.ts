import { createRandom } from "@uniarm/core";
import type { Interval } from "@uniarm/core/schema";
import { expect, test } from "vitest";
import { figuresOf } from "../../src/figures.ts";
import { methodPermutation, power, promptBootstrap } from "../../src/index.ts";
import type { RewardTable } from "../../src/reward-table.ts";
import { crossedSpread, spreadTest } from "../../src/statistics/crossed.ts";
import { COMPARED_FIGURES, pseudoValues, type ComparedFigure } from "../../src/statistics/jackknife.ts";
import { uncertain } from "../../src/statistics/measured-method.ts";
import { config } from "../support/scores.ts";
import { simulatedPrompts, simulatedRuns, trueFigures } from "../support/simulated-runs.ts";

const REPETITIONS = 400; // a share of .95 has a standard deviation of .011

const holds = (interval: Interval | null, truth: number): number =>
  interval && interval.low <= truth && truth <= interval.high ? 1 : 0;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const contributionsOf = (table: RewardTable): Record<ComparedFigure, Float64Array> => pseudoValues(table, config);

type Both = Record<ComparedFigure, number>;
const bothFigures = (of: (figure: ComparedFigure) => number): Both => ({
  hypervolume: of("hypervolume"),
  meanInnerProduct: of("meanInnerProduct"),
});

test.each([
  { seeds: 1, prompts: 100, spread: { seed: 0, prompt: 0.2, answer: 0.2 } },
  { seeds: 1, prompts: 60, spread: { seed: 0, prompt: 0.02, answer: 0.8 } }, // noise an answer as large as the front
  { seeds: 3, prompts: 60, spread: { seed: 0.03, prompt: 0.2, answer: 0.3 } },
  { seeds: 5, prompts: 40, spread: { seed: 0.1, prompt: 0.05, answer: 0.3 } },
])("95 % intervals over $seeds seeds and $prompts prompts hold the truth in 92 to 98 % of fronts", (settings) => {
  const { seeds, prompts, spread } = settings;
  const truth = trueFigures(createRandom(1), 1, spread);
  const random = createRandom(2);
  const held = { hypervolume: 0, meanInnerProduct: 0 };
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const runs = simulatedRuns(random, simulatedPrompts(random, prompts, spread), { seeds, radius: 1, spread });
    const [figures, contributions] = [runs.map((table) => figuresOf(table, config)), runs.map(contributionsOf)];
    for (const figure of COMPARED_FIGURES) {
      const { interval } = uncertain(
        mean(figures.map((one) => one[figure])),
        contributions.map((one) => one[figure]),
        runs[0]!.strata,
        0.95,
      );
      held[figure] += holds(interval, truth[figure]);
    }
  }
  for (const figure of COMPARED_FIGURES) {
    expect(held[figure] / REPETITIONS).toBeGreaterThanOrEqual(0.92);
    expect(held[figure] / REPETITIONS).toBeLessThanOrEqual(0.98);
  }
});

test("the prompt bootstrap of a report holds the truth, too, where percentiles of hypervolume do not", () => {
  const spread = { seed: 0, prompt: 0.02, answer: 0.8 };
  const truth = trueFigures(createRandom(1), 1, spread);
  const random = createRandom(3);
  const held = { hypervolume: 0, meanInnerProduct: 0, percentiles: 0 };
  for (let seed = 0; seed < REPETITIONS; seed++) {
    const [table] = simulatedRuns(random, simulatedPrompts(random, 50, spread), { seeds: 1, radius: 1, spread });
    const front = promptBootstrap(table!, { ...config, seed, bootstrapResamples: 200 });
    for (const figure of COMPARED_FIGURES) held[figure] += holds(front[figure].interval, truth[figure]);
    const { value, interval } = front.hypervolume;
    const turnedBack = { low: 2 * value - interval!.high, high: 2 * value - interval!.low };
    held.percentiles += holds(turnedBack, truth.hypervolume);
  }
  for (const figure of COMPARED_FIGURES) {
    expect(held[figure] / REPETITIONS).toBeGreaterThanOrEqual(0.92);
    expect(held[figure] / REPETITIONS).toBeLessThanOrEqual(0.98);
  }
  expect(held.percentiles / REPETITIONS).toBeLessThan(0.85); // why they are not reported
});

test("methods that are the same are told apart at 5 % in at most 6 % of comparisons", () => {
  const permuting = { seed: 0, prompt: 0.2, answer: 0.4 };
  const crossed = { seed: 0.05, prompt: 0.2, answer: 0.3 };
  const random = createRandom(4);
  const counts = {
    permutation: { hypervolume: 0, meanInnerProduct: 0 },
    student: { hypervolume: 0, meanInnerProduct: 0 },
  };
  const repetitions = 500;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const prompts = simulatedPrompts(random, 30, permuting);
    const [one, other] = [0, 1].map(
      () => simulatedRuns(random, prompts, { seeds: 1, radius: 1, spread: permuting })[0]!,
    ) as [RewardTable, RewardTable];
    const permuted = methodPermutation([[one, other]], config, { permutations: 99, random });
    const methods = [0, 1].map(() => simulatedRuns(random, prompts, { seeds: 4, radius: 1, spread: crossed }));
    const tested = pairTest(methods);
    for (const figure of COMPARED_FIGURES) {
      counts.permutation[figure] += permuted[figure] <= 0.05 ? 1 : 0;
      counts.student[figure] += tested[figure] <= 0.05 ? 1 : 0;
    }
  }
  // 500 comparisons at 5 %: standard deviation .01
  for (const test of Object.values(counts))
    for (const figure of COMPARED_FIGURES) expect(test[figure] / repetitions).toBeLessThanOrEqual(0.06);
  expect(counts.permutation.meanInnerProduct / repetitions).toBeGreaterThan(0.02); // and it can reject
});

/** p of Student's test over seeds and prompts. */
function pairTest([first, second]: readonly RewardTable[][]): Both {
  const [ones, others] = [first!, second!].map((runs) =>
    runs.map((table) => ({ figures: figuresOf(table, config), contributions: contributionsOf(table) })),
  );
  return bothFigures((figure) => {
    const differences = ones!.map(({ contributions }, seed) =>
      contributions[figure].map((value, prompt) => value - others![seed]!.contributions[figure][prompt]!),
    );
    const value = mean(ones!.map(({ figures }, seed) => figures[figure] - others![seed]!.figures[figure]));
    return spreadTest(value, crossedSpread(differences, first![0]!.strata)!)!;
  });
}

test.each([
  { seeds: 5, prompts: 40, difference: 0.5, components: { seed: 0.04, prompt: 0.5, both: 2 } },
  { seeds: 10, prompts: 20, difference: 0.4, components: { seed: 0.1, prompt: 0.1, both: 1 } },
  { seeds: 3, prompts: 100, difference: 0.3, components: { seed: 0, prompt: 0.3, both: 2 } },
])(
  "the power that is promised for $seeds seeds and $prompts prompts is what simulated differences have",
  (settings) => {
    const { seeds, prompts, difference, components } = settings;
    const random = createRandom(5);
    const drawn = (variance: number): number => Math.sqrt(variance) * random.normal();
    let separated = 0;
    const repetitions = 2000;
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const ofPrompts = Array.from({ length: prompts }, () => drawn(components.prompt));
      const rows = Array.from({ length: seeds }, () => {
        const ofSeed = drawn(components.seed);
        return ofPrompts.map((ofPrompt) => difference + ofSeed + ofPrompt + drawn(components.both));
      });
      const spread = crossedSpread(
        rows,
        ofPrompts.map(() => ""),
      )!;
      separated += spreadTest(mean(rows.map(mean)), spread)! <= 0.05 ? 1 : 0;
    }
    // estimated degrees of freedom vary where the formula takes their expectation; simulation adds .01
    expect(Math.abs(separated / repetitions - power({ difference, components }, { seeds, prompts }))).toBeLessThan(
      0.05,
    );
  },
);
