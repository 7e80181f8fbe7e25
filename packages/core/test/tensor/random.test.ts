import { expect, test } from "vitest";
import { createRandom, restoreRandom, type Random } from "../../src/tensor/random.ts";

const draws = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.uniform());
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: number[]): number => mean(values.map((value) => (value - mean(values)) ** 2));

test("the first values of seed 0 never change: runs made long ago stay repeatable", () => {
  const random = createRandom(0);
  expect([random.uniform(), random.integer(1000), random.normal(), random.fork("a").uniform()]).toMatchInlineSnapshot(`
    [
      0.8005118253123557,
      887,
      -0.8018535687478113,
      0.21442002294164597,
    ]
  `);
});

test("equal seeds give equal streams, other seeds other ones", () => {
  expect(draws(createRandom(5), 20)).toEqual(draws(createRandom(5), 20));
  expect(draws(createRandom(5), 20)).not.toEqual(draws(createRandom(6), 20));
});

test("a fork depends on the names on its path, not on what its parent drew", () => {
  const parent = createRandom(1);
  const early = draws(parent.fork("data"), 5);
  draws(parent, 100);
  expect(draws(parent.fork("data"), 5)).toEqual(early);
  expect(draws(parent.fork("model"), 5)).not.toEqual(early);
  expect(draws(parent.fork("data").fork("data"), 5)).not.toEqual(early);
});

test("sibling forks are uncorrelated", () => {
  const [a, b] = [draws(createRandom(2).fork("row 0"), 4000), draws(createRandom(2).fork("row 1"), 4000)];
  const covariance = mean(a.map((value, index) => (value - 0.5) * (b[index]! - 0.5)));
  expect(Math.abs(covariance * 12)).toBeLessThan(0.05); // 3 standard errors of a correlation over 4000 pairs
});

test("a restored stream goes on where the state was taken, forks included", () => {
  const random = createRandom(9).fork("train");
  draws(random, 17);
  const restored = restoreRandom(JSON.parse(JSON.stringify(random.state())) as ReturnType<Random["state"]>);
  expect(draws(restored, 10)).toEqual(draws(random, 10));
  expect(draws(restored.fork("x"), 3)).toEqual(draws(random.fork("x"), 3));
});

test("uniform and normal draws have the mean and variance of their laws", () => {
  const random = createRandom(11);
  const uniform = draws(random, 20_000);
  expect(mean(uniform)).toBeCloseTo(1 / 2, 1);
  expect(variance(uniform)).toBeCloseTo(1 / 12, 2);
  const normal = Array.from({ length: 20_000 }, () => random.normal());
  expect(Math.abs(mean(normal))).toBeLessThan(0.03);
  expect(Math.abs(variance(normal) - 1)).toBeLessThan(0.05);
});

test.each([
  [0.5, 0.5],
  [2, 3, 5],
  [0.05, 0.05, 0.05],
])("Dirichlet draws lie on the simplex with the law's mean and variance (%j)", (...concentration) => {
  const random = createRandom(4).fork("dirichlet");
  const points = Array.from({ length: 8000 }, () => random.dirichlet(concentration));
  const total = concentration.reduce((sum, entry) => sum + entry, 0);
  for (const point of points) {
    expect(Math.abs(point.reduce((sum, entry) => sum + entry, 0) - 1)).toBeLessThan(1e-12);
    expect(Math.min(...point)).toBeGreaterThanOrEqual(0);
  }
  concentration.forEach((entry, axis) => {
    const share = entry / total;
    const values = points.map((point) => point[axis]!);
    expect(mean(values)).toBeCloseTo(share, 1);
    expect(variance(values)).toBeCloseTo((share * (1 - share)) / (total + 1), 1);
  });
});

test("categorical draws follow the weights and never take a weight of 0", () => {
  const random = createRandom(8);
  const counts = [0, 0, 0, 0];
  for (let draw = 0; draw < 10_000; draw++) counts[random.categorical([0, 1, 3, 0])]!++;
  expect(counts[0]! + counts[3]!).toBe(0);
  expect(counts[2]! / 10_000).toBeCloseTo(0.75, 1);
});

test("a shuffle keeps the items, leaves its argument alone and is even", () => {
  const random = createRandom(12);
  const items = [0, 1, 2, 3];
  const first = Array.from({ length: 4000 }, () => random.shuffle(items)[0]!);
  expect(items).toEqual([0, 1, 2, 3]);
  expect(random.shuffle(items).sort()).toEqual(items);
  for (const item of items) expect(first.filter((value) => value === item).length / 4000).toBeCloseTo(0.25, 1);
});
