import { beforeAll, expect, test } from "vitest";
import { scoreLoss } from "../../src/losses/score-loss.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/index.ts";
import { drawn, numericGradient } from "../support/numeric-gradient.ts";

beforeAll(async () => {
  await openEngine();
});

const lossOf = (differences: number[][], signs: number[][], objectiveWeights?: number[]) =>
  tf.tidy(() => {
    const input = { difference: tf.tensor2d(differences), signs: tf.tensor2d(signs) };
    const { loss, objectiveLosses } = scoreLoss({ ...input, ...(objectiveWeights ? { objectiveWeights } : {}) });
    return { loss: loss.arraySync(), objectiveLosses: objectiveLosses.arraySync() };
  });
const softplus = (x: number): number => Math.log1p(Math.exp(x));

test("two pairs on two objectives, by hand", () => {
  const { loss, objectiveLosses } = lossOf(
    [
      [0.5, -1],
      [2, 0.25],
    ],
    [
      [1, 1],
      [-1, 0],
    ],
  );
  // response 0 wins on both; response 1 wins on the first, nobody on the second
  const [first, second] = [(softplus(-0.5) + softplus(2)) / 2, softplus(1) / 2] as const;
  expect(objectiveLosses[0]).toBeCloseTo(first, 6);
  expect(objectiveLosses[1]).toBeCloseTo(second, 6);
  expect(loss).toBeCloseTo(first + second, 6);
});

test("equal scores lose log 2 on every pair that has a winner, and swapping the responses changes nothing", () => {
  expect(lossOf([[0], [0]], [[1], [-1]]).loss).toBeCloseTo(Math.LN2, 6);
  expect(lossOf([[0.7], [-3]], [[1], [1]]).loss).toBeCloseTo(lossOf([[-0.7], [3]], [[-1], [-1]]).loss, 6);
});

test("objectives count by their weights", () => {
  const { loss, objectiveLosses } = lossOf([[1, 2]], [[1, -1]], [3, 0.5]);
  expect(loss).toBeCloseTo(3 * objectiveLosses[0]! + 0.5 * objectiveLosses[1]!, 6);
});

test("differences of 1e4 neither overflow nor lose their size", () => {
  expect(lossOf([[1e4], [-1e4]], [[1], [1]]).loss).toBeCloseTo(5e3, 2);
});

test("its gradient is that of central differences, and none where nobody wins", async () => {
  await expectNoTensorLeak(() => {
    const random = createRandom(5);
    const difference = drawn(random, [4, 2]);
    const signs = tf.tensor2d([1, -1, 0, 1, -1, 0, 1, 1], [4, 2]);
    const value = (x: tf.Tensor): tf.Scalar =>
      scoreLoss({ difference: x as tf.Tensor2D, signs, objectiveWeights: [1, 2] }).loss;
    const places = [0, 1, 2, 3, 4, 5, 6, 7];
    tf.tidy(() => {
      const gradient = tf.grad(value)(tf.tensor(difference.values, difference.shape)).dataSync();
      const numeric = numericGradient(value, difference, places, 1e-2);
      for (const place of places) expect(gradient[place]).toBeCloseTo(numeric[place]!, 3);
      for (const tied of [2, 5]) expect(Math.abs(gradient[tied]!)).toBe(0);
    });
    signs.dispose();
  });
});

test("signs of another shape are refused", () => {
  expect(() => lossOf([[1, 2]], [[1]])).toThrow("The signs [pairs, objectives]");
});
