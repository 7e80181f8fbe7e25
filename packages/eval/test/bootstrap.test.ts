import { createRandom } from "@uniarm/core";
import type { Interval } from "@uniarm/core/schema";
import { expect, test } from "vitest";
import { promptResamples } from "../src/statistics/bootstrap.ts";
import { pairedDifference, promptBootstrap, rewardTable } from "../src/index.ts";
import { circleScores, config, scoreOf } from "./support/scores.ts";

const names = ["helpful", "harmless"];
const width = (interval: Interval | null): number => (interval ? interval.high - interval.low : NaN);

test("a 95% interval covers the true mean in about 95 of 100 samples of prompts", () => {
  const random = createRandom(5);
  const trials = 300;
  let covered = 0;
  for (let trial = 0; trial < trials; trial++) {
    const scores = Array.from({ length: 40 }, (_, prompt) => scoreOf(`p${prompt}`, [1, 0], [random.normal(), 0]));
    const interval = promptBootstrap(rewardTable(scores, names), { ...config, bootstrapResamples: 200, seed: trial })
      .mean[0]![0]!.interval!;
    if (interval.low <= 0 && 0 <= interval.high) covered++;
  }
  // binomial sd of the share is .013; percentile intervals of 40 prompts cover a little less than they say
  expect(covered / trials).toBeGreaterThan(0.89);
  expect(covered / trials).toBeLessThan(0.985);
});

test("the interval of a mean is as wide as the normal approximation says", () => {
  const random = createRandom(6);
  const rewards = Array.from({ length: 100 }, () => random.normal());
  const mean = rewards.reduce((sum, value) => sum + value, 0) / 100;
  const sd = Math.sqrt(rewards.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 100);
  const table = rewardTable(
    rewards.map((value, prompt) => scoreOf(`p${prompt}`, [1, 0], [value, 0])),
    names,
  );
  const { interval } = promptBootstrap(table, { ...config, bootstrapResamples: 2000 }).mean[0]![0]!;
  expect(width(interval) / ((2 * 1.96 * sd) / 10)).toBeCloseTo(1, 1);
});

test("four times the prompts halve the intervals of hypervolume and mean inner product", () => {
  const widths = [100, 400].map((prompts) => {
    const table = rewardTable(circleScores(createRandom(8), { prompts }), names);
    const { hypervolume, meanInnerProduct } = promptBootstrap(table, config);
    return [width(hypervolume.interval), width(meanInnerProduct.interval)];
  });
  for (const figure of [0, 1]) expect(widths[0]![figure]! / widths[1]![figure]!).toBeCloseTo(2, 0);
});

test("the same seed gives the same intervals, another seed others", () => {
  const table = rewardTable(circleScores(createRandom(1)), names);
  expect(promptBootstrap(table, config)).toEqual(promptBootstrap(table, config));
  expect(promptBootstrap(table, { ...config, seed: 1 })).not.toEqual(promptBootstrap(table, config));
});

test("what is the same for all prompts of a stratum has no interval width; without strata it has", () => {
  const scores = Array.from({ length: 20 }, (_, prompt) => ({
    ...scoreOf(`p${prompt}`, [1, 0], [prompt % 2, 0]),
    stratum: `H${prompt % 2}`,
  }));
  const stratified = promptBootstrap(rewardTable(scores, names), config).mean[0]![0]!;
  expect(stratified).toEqual({ value: 0.5, interval: { low: 0.5, high: 0.5 } });
  const plain = scores.map((score) => ({ ...score, stratum: "all" }));
  expect(width(promptBootstrap(rewardTable(plain, names), config).mean[0]![0]!.interval)).toBeGreaterThan(0.2);
});

test("a resample draws as many prompts of each stratum as it has", () => {
  const strata = ["a", "b", "a", "b", "b"];
  for (const counts of promptResamples(strata, { bootstrapResamples: 20, seed: 3 })) {
    expect(counts[0]! + counts[2]!).toBe(2);
    expect(counts[1]! + counts[3]! + counts[4]!).toBe(3);
  }
});

test("all preferences see the same resample: what is equal at two preferences stays equal in every figure", () => {
  const random = createRandom(9);
  const rewards = Array.from({ length: 30 }, () => [random.normal(), random.normal()] as [number, number]);
  const scores = [
    [0, 1],
    [1, 0],
  ].flatMap((preference) => rewards.map((reward, prompt) => scoreOf(`p${prompt}`, preference, reward)));
  const { mean } = promptBootstrap(rewardTable(scores, names), config);
  expect(mean[0]).toEqual(mean[1]);
});

test("a paired difference of a front with itself is exactly 0", () => {
  const scores = circleScores(createRandom(1));
  const zero = { value: 0, interval: { low: 0, high: 0 } };
  const difference = pairedDifference(scores, scores, config);
  expect([difference.hypervolume, difference.meanInnerProduct]).toEqual([zero, zero]);
  expect(difference.mean.flat().every(({ value }) => value === 0)).toBe(true);
  expect(difference.preferences).toHaveLength(11);
});

test("a paired difference sees a small gain that two separate intervals do not", () => {
  const worse = circleScores(createRandom(1), { noise: 0.4 });
  const better = worse.map((score) => ({
    ...score,
    rewards: { helpful: score.rewards.helpful! + 0.02, harmless: score.rewards.harmless! + 0.02 },
  }));
  const { hypervolume, meanInnerProduct } = pairedDifference(better, worse, config);
  expect(meanInnerProduct.value).toBeCloseTo(0.02, 12);
  expect(width(meanInnerProduct.interval)).toBeLessThan(1e-12); // the gain is the same on every prompt
  expect(hypervolume.interval!.low).toBeGreaterThan(0);
  const alone = [better, worse].map((scores) => promptBootstrap(rewardTable(scores, names), config).hypervolume);
  expect(alone[0]!.interval!.low).toBeLessThan(alone[1]!.interval!.high);
});
