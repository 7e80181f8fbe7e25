import { beforeAll, describe, expect, test } from "vitest";
import { globalFactor, pairLoss, type GlobalTerm } from "../../src/losses/pair-loss.ts";
import { softplus } from "../../src/losses/softplus.ts";
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
  signs: number[][];
  betas: number[];
  margins?: number[][];
  objectiveWeights?: number[];
  global?: GlobalTerm;
}
interface Result {
  loss: number;
  objectiveLosses: number[];
  globalLoss: number | null;
  /** d loss / d difference */
  gradient: number[];
}

function evaluate({ difference, preference, signs, betas, margins, objectiveWeights, global }: Pairs): Result {
  const input = (d: tf.Tensor1D): Parameters<typeof pairLoss>[0] => ({
    difference: d,
    preference: tf.tensor2d(preference),
    signs: tf.tensor2d(signs),
    betas,
    ...(margins ? { margins: tf.tensor2d(margins) } : {}),
    ...(objectiveWeights ? { objectiveWeights } : {}),
    ...(global ? { global } : {}),
  });
  const result: Result = { loss: 0, objectiveLosses: [], globalLoss: null, gradient: [] };
  tf.tidy(() => {
    const d = tf.tensor1d(difference);
    const { loss, objectiveLosses, globalLoss } = pairLoss(input(d));
    result.loss = loss.arraySync();
    result.objectiveLosses = objectiveLosses.arraySync();
    result.globalLoss = globalLoss?.arraySync() ?? null;
    result.gradient = Array.from(
      tf
        .grad((x) => pairLoss(input(x as tf.Tensor1D)).loss)(d)
        .dataSync(),
    );
  });
  return result;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const log = (p: number): number => -Math.log(p);

test("two pairs, two objectives, by hand", () => {
  const { loss, objectiveLosses, globalLoss } = evaluate({
    difference: [2, -1],
    betas: [0.5, 2],
    preference: [
      [0.25, 0.75],
      [1, 0],
    ],
    signs: [
      [1, -1],
      [-1, -1],
    ],
  });
  const l = [
    [log(sigmoid(1)), log(sigmoid(-4))],
    [log(sigmoid(0.5)), log(sigmoid(2))],
  ] as const;
  expect(objectiveLosses[0]).toBeCloseTo((l[0][0] + l[1][0]) / 2, 5);
  expect(objectiveLosses[1]).toBeCloseTo((l[0][1] + l[1][1]) / 2, 5);
  expect(loss).toBeCloseTo((0.25 * l[0][0] + 0.75 * l[0][1] + l[1][0]) / 2, 5);
  expect(globalLoss).toBeNull();
});

test("weights multiply the loss and gradient of their objective, not what is reported of it", () => {
  const pairs = { difference: [2], betas: [0.5, 2], preference: [[0.25, 0.75]], signs: [[1, -1]] };
  const weighted = evaluate({ ...pairs, objectiveWeights: [3, 0.5] });
  const [first, second] = [log(sigmoid(1)), log(sigmoid(-4))];
  expect(weighted.loss).toBeCloseTo(3 * 0.25 * first + 0.5 * 0.75 * second, 6);
  expect(weighted.gradient[0]).toBeCloseTo(-3 * 0.25 * 0.5 * sigmoid(-1) + 0.5 * 0.75 * 2 * sigmoid(4), 6);
  weighted.objectiveLosses.forEach((loss, column) => expect(loss).toBeCloseTo([first, second][column]!, 6));
  expect(evaluate({ ...pairs, objectiveWeights: [1, 1] })).toEqual(evaluate(pairs));
});

test("a tied objective gives neither loss nor gradient", () => {
  const tied = evaluate({ difference: [3], preference: [[0.5, 0.5]], signs: [[0, 1]], betas: [1, 1] });
  expect(tied.objectiveLosses[0]).toBe(0);
  expect(tied.loss).toBeCloseTo(0.5 * log(sigmoid(3)), 5);
  expect(tied.gradient[0]).toBeCloseTo(-0.5 * sigmoid(-3), 5);
  const all = evaluate({ difference: [3], preference: [[0.5, 0.5]], signs: [[0, 0]], betas: [1, 1] });
  expect([all.loss, all.gradient[0]]).toEqual([0, 0]);
});

test("with one beta the loss is the soft-label cross-entropy of q, the preference for the objectives that response 0 wins", () => {
  const random = createRandom(4);
  for (let round = 0; round < 20; round++) {
    const preference = random.dirichlet([0.5, 0.5, 0.5]);
    const signs = preference.map(() => (random.uniform() < 0.5 ? 1 : -1));
    const [beta, D] = [0.3, 4 * random.normal()];
    const q = preference.reduce((sum, a, index) => sum + (signs[index] === 1 ? a : 0), 0);
    const { loss, gradient } = evaluate({
      difference: [D],
      preference: [preference],
      signs: [signs],
      betas: [beta, beta, beta],
    });
    expect(loss).toBeCloseTo(q * log(sigmoid(beta * D)) + (1 - q) * log(sigmoid(-beta * D)), 5);
    expect(gradient[0]).toBeCloseTo(beta * (sigmoid(beta * D) - q), 5);
  }
});

test("where all objectives agree the preference does not matter", () => {
  const losses = [
    [1, 0],
    [0.5, 0.5],
    [0.2, 0.8],
  ].map(
    (preference) =>
      evaluate({ difference: [1.5], preference: [preference], signs: [[-1, -1]], betas: [0.7, 0.7] }).loss,
  );
  for (const loss of losses) expect(loss).toBeCloseTo(losses[0]!, 6);
});

test("swapping the responses changes nothing", () => {
  const pair = { preference: [[0.3, 0.7]], betas: [0.2, 1], global: { kind: "G2", weight: 0.5, beta: 0.4 } as const };
  const one = evaluate({ ...pair, difference: [2], signs: [[1, -1]], margins: [[0.5, -3]] });
  const other = evaluate({ ...pair, difference: [-2], signs: [[-1, 1]], margins: [[-0.5, 3]] });
  expect(other.loss).toBeCloseTo(one.loss, 6);
  expect(other.gradient[0]).toBeCloseTo(-one.gradient[0]!, 6);
});

describe("global terms", () => {
  const pair = { difference: [2], preference: [[0.3, 0.7]], betas: [0.1, 0.2] };
  const withGlobal = (
    kind: GlobalTerm["kind"],
    signs: number[],
    margins?: number[],
    difference = pair.difference,
  ): Result =>
    evaluate({
      ...pair,
      difference,
      signs: [signs],
      ...(margins ? { margins: [margins] } : {}),
      global: { kind, weight: 0.5, beta: 0.4 },
    });

  test("G1 goes by the sign of sum a_i s_i", () => {
    const { loss, globalLoss, objectiveLosses } = withGlobal("G1", [1, -1]);
    expect(globalLoss).toBeCloseTo(log(sigmoid(-0.8)), 5);
    expect(loss).toBeCloseTo(0.3 * objectiveLosses[0]! + 0.7 * objectiveLosses[1]! + 0.5 * globalLoss!, 5);
    expect(withGlobal("G1", [1, 1]).globalLoss).toBeCloseTo(log(sigmoid(0.8)), 5);
  });

  test("G2 goes by the score-weighted sum, which may overrule G1", () => {
    expect(withGlobal("G2", [1, -1], [10, -1]).globalLoss).toBeCloseTo(log(sigmoid(0.8)), 5);
    expect(withGlobal("G2", [1, -1], [1, -1]).globalLoss).toBeCloseTo(log(sigmoid(-0.8)), 5);
  });

  test("G2 falls back to G1 where the scores weigh nothing", () => {
    expect(withGlobal("G2", [1, -1], [0, 0]).globalLoss).toBeCloseTo(withGlobal("G1", [1, -1]).globalLoss!, 6);
  });

  test("G3 is as sharp as the objectives are", () => {
    expect(withGlobal("G3", [1, -1]).globalLoss).toBeCloseTo(log(sigmoid((0.3 * 0.1 - 0.7 * 0.2) * 2)), 5);
  });

  test.each(["G1", "G2", "G3"] as const)("%s without a direction is log 2 and teaches nothing", (kind) => {
    const global = { kind, weight: 1, beta: 0.4 };
    const even = { difference: [5], preference: [[0.5, 0.5]], signs: [[1, -1]], margins: [[2, -2]], betas: [0.1, 0.1] };
    const [plain, result] = [evaluate(even), evaluate({ ...even, global })];
    expect(result.globalLoss).toBeCloseTo(Math.LN2, 6);
    expect(result.gradient[0]).toBeCloseTo(plain.gradient[0]!, 6);
  });

  test("G2 without scores is refused", () => {
    expect(() => withGlobal("G2", [1, -1])).toThrow(
      "Global loss G2 weighs score differences, but the pairs come without scores.",
    );
  });

  test("the factor of each pair", () => {
    const factor = tf.tidy(() => {
      const input = {
        preference: tf.tensor2d([
          [1, 0],
          [0, 1],
          [0.5, 0.5],
        ]),
        signs: tf.tensor2d([
          [1, -1],
          [1, -1],
          [1, -1],
        ]),
        betas: [0.1, 0.1],
      };
      return Array.from(globalFactor(input, { kind: "G1", beta: 2 }).dataSync());
    });
    expect(factor).toEqual([2, -2, 0]);
  });
});

describe("far from the decision", () => {
  test("the loss neither overflows nor vanishes", () => {
    const one = (difference: number): Result =>
      evaluate({ difference: [difference], preference: [[1]], signs: [[1]], betas: [1] });
    expect(one(-1000).loss).toBe(1000);
    expect(one(-1000).gradient[0]).toBe(-1);
    expect(one(1000).loss).toBe(0);
    expect(one(1000).gradient[0]).toBe(-0);
    expect(one(15).loss / Math.log1p(Math.exp(-15))).toBeCloseTo(1, 4);
  });

  test("softplus is log(1 + e^x) with gradient sigmoid(x)", () => {
    const xs = [-80, -20, -3, -0.1, 0, 0.1, 3, 20, 80];
    tf.tidy(() => {
      const values = softplus(tf.tensor1d(xs)).dataSync();
      const slopes = tf
        .grad((x) => softplus(x))(tf.tensor1d(xs))
        .dataSync();
      xs.forEach((x, index) => {
        const exact = Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
        expect(Math.abs(values[index]! - exact)).toBeLessThanOrEqual(1e-5 * exact + 1e-30);
        expect(slopes[index]).toBeCloseTo(sigmoid(x), 6);
      });
    });
  });
});

test("what is returned is the caller's, nothing else stays", async () => {
  await expectNoTensorLeak(() => {
    const tensors = { difference: tf.tensor1d([1]), preference: tf.tensor2d([[1]]), signs: tf.tensor2d([[1]]) };
    const { loss, objectiveLosses, globalLoss } = pairLoss({
      ...tensors,
      betas: [1],
      global: { kind: "G1", weight: 1, beta: 1 },
    });
    tf.dispose([loss, objectiveLosses, globalLoss!, ...Object.values(tensors)]);
  });
});

test("tensors that do not fit together are refused", () => {
  tf.tidy(() => {
    const input = {
      difference: tf.tensor1d([1, 2]),
      preference: tf.tensor2d([[1, 0]]),
      signs: tf.tensor2d([[1, 1]]),
      betas: [1, 1],
    };
    expect(() => pairLoss(input)).toThrow("The preference [pairs, objectives] has shape [1, 2]; expected [2, 2].");
  });
});
