import { beforeAll, describe, expect, test } from "vitest";
import { imitationLoss, imitationTarget } from "../../src/losses/imitation-loss.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/index.ts";

beforeAll(async () => {
  await openEngine();
});

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe("which known response is wanted how much", () => {
  const random = createRandom(3);
  const scores = Array.from({ length: 5 }, () => [random.normal(), random.normal()]);
  const preference = [0.3, 0.7];
  const rewards = scores.map(([first, second]) => 0.3 * first! + 0.7 * second!);

  test("two responses, by hand", () => {
    const [first, second] = imitationTarget(
      [
        [1, 0],
        [0, 2],
      ],
      [0.5, 0.5],
      0.25,
    );
    // rewards 0.5 and 1: two temperatures apart
    expect(first).toBeCloseTo(1 / (1 + Math.exp(2)), 12);
    expect(second! / first!).toBeCloseTo(Math.exp(2), 9);
  });

  test.each([1e-3, 0.05, 1, 100])("at temperature %d it sums to 1, and better responses are wanted more", (tau) => {
    const target = imitationTarget(scores, preference, tau);
    expect(sum(target)).toBeCloseTo(1, 12);
    const order = (values: readonly number[]): number[] =>
      values.map((_, index) => index).sort((a, b) => values[b]! - values[a]!);
    if (tau >= 0.05) expect(order(target)).toEqual(order(rewards));
  });

  test("towards temperature 0 it is the best response alone, towards infinity all alike", () => {
    const best = rewards.indexOf(Math.max(...rewards));
    expect(imitationTarget(scores, preference, 1e-6)).toEqual(rewards.map((_, index) => Number(index === best)));
    for (const weight of imitationTarget(scores, preference, 1e9)) expect(weight).toBeCloseTo(0.2, 8);
  });

  test("equally good best responses share", () => {
    expect(imitationTarget([[2], [2], [1]], [1], 1e-6)).toEqual([0.5, 0.5, 0]);
  });

  test("adding a constant to all rewards changes nothing, and a score that counts for nothing neither", () => {
    const plain = imitationTarget(scores, preference, 0.5);
    const raised = scores.map(([first, second]) => [first! + 7, second! + 7]);
    imitationTarget(raised, preference, 0.5).forEach((weight, index) => {
      expect(weight).toBeCloseTo(plain[index]!, 12);
    });
    const corner = imitationTarget(scores, [1, 0], 0.5);
    const other = scores.map(([first], index) => [first!, 100 * index]);
    expect(imitationTarget(other, [1, 0], 0.5)).toEqual(corner);
  });

  test("scores of a million do not overflow", () => {
    const target = imitationTarget([[1e6], [1e6 - 1], [-1e6]], [1], 1);
    expect(target[1]! / target[0]!).toBeCloseTo(Math.exp(-1), 12);
    expect(target[2]).toBe(0);
    expect(imitationTarget([[-1e6], [-1e6]], [1], 1e-3)).toEqual([0.5, 0.5]);
  });

  test("of responses drawn from a base model it is the KL-regularised optimum, as importance weights estimate it", () => {
    // a base model that knows three responses; the optimum is p exp(r / tau) / Z
    const tau = 0.5;
    const base = [0.6, 0.3, 0.1];
    const rewardOf = [0, 0.4, 1];
    const tilted = base.map((p, index) => p * Math.exp(rewardOf[index]! / tau));
    const optimum = tilted.map((weight) => weight / sum(tilted));
    const draws = createRandom(9);
    const drawn = Array.from({ length: 20_000 }, () => draws.categorical(base));
    const target = imitationTarget(
      drawn.map((response) => [rewardOf[response]!]),
      [1],
      tau,
    );
    const weights = drawn.map((response) => Math.exp(rewardOf[response]! / tau));
    expect(target[7]).toBeCloseTo(weights[7]! / sum(weights), 12);
    optimum.forEach((wanted, response) => {
      const mass = sum(target.filter((_, index) => drawn[index] === response));
      expect(Math.abs(mass - wanted)).toBeLessThan(0.015); // 20,000 draws: three standard deviations and more
    });
  });
});

const lossOf = (logProbs: number[], preference: number[][]): { loss: number; objectiveLosses: number[] } =>
  tf.tidy(() => {
    const { loss, objectiveLosses } = imitationLoss({
      sequenceLogProbs: tf.tensor1d(logProbs),
      preference: tf.tensor2d(preference),
    });
    return { loss: loss.arraySync(), objectiveLosses: objectiveLosses.arraySync() };
  });

test("the loss is the mean of -L(y); each objective has the mean weighted by how much it counted", async () => {
  await expectNoTensorLeak(() => {
    const { loss, objectiveLosses } = lossOf(
      [-2, -8],
      [
        [0.75, 0.25],
        [0.5, 0.5],
      ],
    );
    expect(loss).toBeCloseTo(5, 6);
    expect(objectiveLosses[0]).toBeCloseTo((0.75 * 2 + 0.5 * 8) / 1.25, 5);
    expect(objectiveLosses[1]).toBeCloseTo((0.25 * 2 + 0.5 * 8) / 0.75, 5);
  });
});

test("preferences at a corner split the loss; an objective that counted for nothing has 0", () => {
  const split = [
    [1, 0, 0],
    [0, 1, 0],
    [1, 0, 0],
  ];
  expect(lossOf([-2, -8, -4], split).objectiveLosses).toEqual([3, 8, 0]);
});

test("its gradient is -1 / B for each response, whatever its preference", () => {
  const gradient = tf.tidy(() => {
    const preference = tf.tensor2d([
      [1, 0],
      [0.5, 0.5],
      [0, 1],
      [0.1, 0.9],
    ]);
    return tf
      .grad((L) => imitationLoss({ sequenceLogProbs: L as tf.Tensor1D, preference }).loss)(
        tf.tensor1d([-1, -2, -3, -4]),
      )
      .arraySync();
  });
  expect(gradient).toEqual([-0.25, -0.25, -0.25, -0.25]);
});

test("responses drawn from the target give its cross-entropy, least where the policy is the target", () => {
  const target = imitationTarget([[0], [0.5], [1]], [1], 0.5);
  const policy = (logits: number[]): number[] => logits.map((x) => x - Math.log(sum(logits.map(Math.exp))));
  const draws = createRandom(1);
  const drawn = Array.from({ length: 4000 }, () => draws.categorical(target));
  const seen = target.map((_, response) => drawn.filter((one) => one === response).length / drawn.length);
  const estimate = (logProbs: number[]): number =>
    lossOf(
      drawn.map((response) => logProbs[response]!),
      drawn.map(() => [1]),
    ).loss;
  const even = policy([0, 0, 0]);
  expect(estimate(even)).toBeCloseTo(Math.log(3), 3); // 4,000 numbers added up in float32
  const own = target.map(Math.log);
  expect(estimate(own)).toBeCloseTo(-sum(seen.map((share, response) => share * own[response]!)), 3);
  expect(estimate(own)).toBeLessThan(estimate(even));
});

test("what is returned is the caller's, nothing else stays", async () => {
  await expectNoTensorLeak(() => {
    const tensors = { sequenceLogProbs: tf.tensor1d([-1]), preference: tf.tensor2d([[1]]) };
    const { loss, objectiveLosses } = imitationLoss(tensors);
    tf.dispose([loss, objectiveLosses, ...Object.values(tensors)]);
  });
});

test("a preference for other responses is refused by name", () => {
  tf.tidy(() => {
    const sequenceLogProbs = tf.tensor1d([-1, -2]);
    expect(() => imitationLoss({ sequenceLogProbs, preference: tf.tensor2d([[1, 0]]) })).toThrow(
      "The preference [responses, objectives] has shape [1, 2]; expected [2, any].",
    );
  });
});
