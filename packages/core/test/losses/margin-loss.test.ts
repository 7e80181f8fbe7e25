import { beforeAll, expect, test } from "vitest";
import { marginLoss } from "../../src/losses/margin-loss.ts";
import { pairLoss } from "../../src/losses/pair-loss.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/index.ts";

beforeAll(async () => {
  await openEngine();
});

interface Pairs {
  difference: number[];
  preference: number[][];
  margins: number[][];
  beta: number;
  rewardTemperature: number;
}
interface Result {
  loss: number;
  objectiveLosses: number[];
  /** d loss / d difference */
  gradient: number[];
}

function evaluate({ difference, preference, margins, beta, rewardTemperature }: Pairs): Result {
  const given = { beta, rewardTemperature };
  const lossesOf = (d: tf.Tensor1D): ReturnType<typeof marginLoss> =>
    marginLoss({ ...given, difference: d, preference: tf.tensor2d(preference), margins: tf.tensor2d(margins) });
  const result: Result = { loss: 0, objectiveLosses: [], gradient: [] };
  tf.tidy(() => {
    const d = tf.tensor1d(difference);
    const { loss, objectiveLosses } = lossesOf(d);
    result.loss = loss.arraySync();
    result.objectiveLosses = objectiveLosses.arraySync();
    result.gradient = Array.from(
      tf
        .grad((x) => lossesOf(x as tf.Tensor1D).loss)(d)
        .dataSync(),
    );
  });
  return result;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const log = (p: number): number => -Math.log(p);
const crossEntropy = (q: number, x: number): number => q * log(sigmoid(x)) + (1 - q) * log(sigmoid(-x));
const dot = (a: number[], b: number[]): number => a.reduce((sum, value, index) => sum + value * b[index]!, 0);

test("two pairs, two objectives, by hand", async () => {
  await expectNoTensorLeak(() => {
    const { loss, objectiveLosses } = evaluate({
      difference: [2, -1],
      preference: [
        [0.25, 0.75],
        [1, 0],
      ],
      margins: [
        [0.4, -0.2],
        [-0.1, 0.3],
      ],
      beta: 0.5,
      rewardTemperature: 0.1,
    });
    // 0.25 * 0.4 - 0.75 * 0.2 = -0.05, and -0.1 of the first objective alone; over tau
    expect(loss).toBeCloseTo((crossEntropy(sigmoid(-0.5), 1) + crossEntropy(sigmoid(-1), -0.5)) / 2, 6);
    expect(objectiveLosses[0]).toBeCloseTo((crossEntropy(sigmoid(4), 1) + crossEntropy(sigmoid(-1), -0.5)) / 2, 6);
    expect(objectiveLosses[1]).toBeCloseTo((crossEntropy(sigmoid(-2), 1) + crossEntropy(sigmoid(3), -0.5)) / 2, 6);
  });
});

test("its gradient in D is beta (sigmoid(beta D) - q), a pair's share of it", () => {
  const random = createRandom(2);
  for (let round = 0; round < 20; round++) {
    const draws = (): number[][] => [0, 1].map(() => [0, 1, 2].map(() => random.normal()));
    const preference = [0, 1].map(() => random.dirichlet([0.5, 0.5, 0.5]));
    const [margins, difference] = [draws(), [4 * random.normal(), 4 * random.normal()]];
    const [beta, rewardTemperature] = [0.3, 0.5];
    const { gradient } = evaluate({ difference, preference, margins, beta, rewardTemperature });
    difference.forEach((D, pair) => {
      const q = sigmoid(dot(preference[pair]!, margins[pair]!) / rewardTemperature);
      expect(gradient[pair]).toBeCloseTo((beta * (sigmoid(beta * D) - q)) / 2, 6);
    });
  }
});

test("towards no reward temperature it is the loss of winners of one objective", () => {
  const random = createRandom(5);
  const difference = Array.from({ length: 8 }, () => 3 * random.normal());
  const margins = difference.map(() => [random.normal()]);
  const preference = difference.map(() => [1]);
  const sharp = evaluate({ difference, preference, margins, beta: 0.7, rewardTemperature: 1e-6 });
  tf.tidy(() => {
    const input = (d: tf.Tensor): Parameters<typeof pairLoss>[0] => ({
      difference: d as tf.Tensor1D,
      preference: tf.tensor2d(preference),
      signs: tf.sign(tf.tensor2d(margins)),
      betas: [0.7],
    });
    const d = tf.tensor1d(difference);
    const { loss, objectiveLosses } = pairLoss(input(d));
    const gradient = tf
      .grad((x) => pairLoss(input(x)).loss)(d)
      .arraySync() as number[];
    expect(sharp.loss).toBeCloseTo(loss.arraySync(), 6);
    expect(sharp.objectiveLosses[0]).toBeCloseTo(objectiveLosses.arraySync()[0]!, 6);
    gradient.forEach((slope, pair) => {
      expect(sharp.gradient[pair]).toBeCloseTo(slope, 6);
    });
  });
});

test("it is least where beta D = a . margin / tau, and there as large as the label's entropy", () => {
  const [preference, margins, beta, rewardTemperature] = [[0.3, 0.7], [0.5, -0.1], 0.2, 0.05];
  const wanted = dot(preference, margins) / rewardTemperature;
  const at = (D: number): Result =>
    evaluate({ difference: [D], preference: [preference], margins: [margins], beta, rewardTemperature });
  const least = at(wanted / beta);
  expect(least.gradient[0]).toBeCloseTo(0, 6);
  const q = sigmoid(wanted);
  expect(least.loss).toBeCloseTo(q * log(q) + (1 - q) * log(1 - q), 6);
  for (const away of [-20, -2, 2, 20]) {
    const there = at(wanted / beta + away);
    expect(there.loss).toBeGreaterThan(least.loss);
    expect(Math.sign(there.gradient[0]!)).toBe(Math.sign(away));
  }
});

test("at an objective's corner the loss is that objective's; with equal rewards it pulls D to 0", () => {
  const pair = { difference: [1.5], margins: [[0.4, -0.3]], beta: 0.5, rewardTemperature: 0.2 };
  const [helpful, harmless] = [
    [1, 0],
    [0, 1],
  ].map((corner) => evaluate({ ...pair, preference: [corner] }));
  expect(helpful!.loss).toBeCloseTo(helpful!.objectiveLosses[0]!, 6);
  expect(harmless!.loss).toBeCloseTo(helpful!.objectiveLosses[1]!, 6);
  const even = evaluate({ ...pair, preference: [[0.5, 0.5]], margins: [[0, 0]] });
  expect(even.loss).toBeCloseTo(crossEntropy(0.5, 0.75), 6);
  expect(even.gradient[0]).toBeCloseTo(0.5 * (sigmoid(0.75) - 0.5), 6);
});

test("swapping the responses changes nothing", () => {
  const pair = { preference: [[0.3, 0.7]], beta: 0.5, rewardTemperature: 0.2 };
  const one = evaluate({ ...pair, difference: [2], margins: [[0.5, -0.2]] });
  const other = evaluate({ ...pair, difference: [-2], margins: [[-0.5, 0.2]] });
  expect(other.loss).toBeCloseTo(one.loss, 6);
  expect(other.gradient[0]).toBeCloseTo(-one.gradient[0]!, 6);
});

test("far from the decision the loss neither overflows nor loses its gradient", () => {
  const one = (D: number, margin: number): Result =>
    evaluate({ difference: [D], preference: [[1]], margins: [[margin]], beta: 1, rewardTemperature: 1e-3 });
  expect([one(-1000, 5).loss, one(-1000, 5).gradient[0]]).toEqual([1000, -1]);
  expect([one(1000, -5).loss, one(1000, -5).gradient[0]]).toEqual([1000, 1]);
  expect(one(1000, 5).loss).toBe(0);
});

test("what is returned is the caller's, nothing else stays", async () => {
  await expectNoTensorLeak(() => {
    const tensors = { difference: tf.tensor1d([1]), preference: tf.tensor2d([[1]]), margins: tf.tensor2d([[1]]) };
    const { loss, objectiveLosses } = marginLoss({ ...tensors, beta: 1, rewardTemperature: 1 });
    tf.dispose([loss, objectiveLosses, ...Object.values(tensors)]);
  });
});

test("tensors that do not fit together are refused by name", () => {
  tf.tidy(() => {
    const [one, two] = [tf.tensor2d([[1, 0]]), tf.ones<tf.Rank.R2>([2, 2])];
    const input = { difference: tf.tensor1d([1, 2]), preference: two, margins: two, beta: 1, rewardTemperature: 1 };
    expect(() => marginLoss({ ...input, margins: one })).toThrow(
      "The margins [pairs, objectives] has shape [1, 2]; expected [2, 2].",
    );
    expect(() => marginLoss({ ...input, preference: one })).toThrow(
      "The preference [pairs, objectives] has shape [1, 2]; expected [2, 2].",
    );
    expect(() => marginLoss({ ...input, preference: tf.ones([2, 3]) })).toThrow("has shape [2, 3]; expected [2, 2].");
  });
});
