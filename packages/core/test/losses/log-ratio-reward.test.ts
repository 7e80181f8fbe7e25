import { beforeAll, expect, test } from "vitest";
import { logRatioReward } from "../../src/losses/log-ratio-reward.ts";
import { residualDifference } from "../../src/losses/residual-difference.ts";
import { Divergence } from "../../src/schema/fusion.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/index.ts";

beforeAll(async () => {
  await openEngine();
});

const rewards = (kind: Divergence, ratios: readonly number[], alpha = 0.3): number[] =>
  tf.tidy(() => Array.from(logRatioReward(tf.tensor1d([...ratios]), { kind, alpha }).dataSync()));
const slopes = (kind: Divergence, ratios: readonly number[]): number[] =>
  tf.tidy(() =>
    Array.from(
      tf
        .grad((x) => tf.sum(logRatioReward(x as tf.Tensor1D, { kind, alpha: 0.3 })))(tf.tensor1d([...ratios]))
        .dataSync(),
    ),
  );

/** f of each f-divergence D_f(pi, pi_0) = E_0 f(pi / pi_0), up to multiples of t - 1, which change none of them. */
const F: Record<Divergence, (t: number) => number> = {
  "reverse-kl": (t) => t * Math.log(t),
  "forward-kl": (t) => -Math.log(t),
  alpha: (t) => (t ** (1 - 0.3) - (1 - 0.3) * t - 0.3) / (0.3 * (0.3 - 1)),
  jsd: (t) => t * Math.log(t) - (t + 1) * Math.log((t + 1) / 2),
};

test.each(Divergence.options)("%s: differences of rewards are those of the derivative of its f", (kind) => {
  const ratios = [-3, -1, 0, 0.5, 2];
  const slope = (x: number): number => {
    const [t, h] = [Math.exp(x), 1e-5 * Math.exp(x)];
    return (F[kind](t + h) - F[kind](t - h)) / (2 * h);
  };
  const found = rewards(kind, ratios);
  ratios.forEach((x, index) => {
    const expected = slope(x) - slope(ratios[0]!);
    expect(Math.abs(found[index]! - found[0]! - expected)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected)));
  });
});

test("the alpha-divergence lies between both KL divergences and becomes each of them", () => {
  const ratios = [-2, -0.5, 0, 1, 3];
  const differences = (values: number[]): number[] => values.map((value) => value - values[2]!);
  const near = (alpha: number, kind: Divergence): void => {
    const [found, expected] = [differences(rewards("alpha", ratios, alpha)), differences(rewards(kind, ratios))];
    found.forEach((value, index) => expect(Math.abs(value - expected[index]!)).toBeLessThan(0.02));
  };
  near(0.001, "reverse-kl");
  near(0.999, "forward-kl");
});

test.each(Divergence.options)("%s: far log-ratios have finite rewards, which rise, and finite slopes", (kind) => {
  const ratios = [-5000, -200, -100, -29, 0, 29, 100, 5000];
  const found = rewards(kind, ratios);
  expect(found.every(Number.isFinite)).toBe(true);
  const falls = found.filter((value, index) => index > 0 && value < found[index - 1]!);
  expect(falls).toEqual([]);
  expect(found[0]).toBeLessThan(found[1]!); // a response that has lost more is still worse
  const squares = slopes(kind, ratios).map((slope) => Math.fround(slope * slope));
  expect(squares.every(Number.isFinite)).toBe(true);
  expect(slopes(kind, [-5000])[0]).toBeGreaterThan(0);
});

test("MODPO's z by hand; of an objective that counts alone it is DPO's", async () => {
  await expectNoTensorLeak(() => {
    tf.tidy(() => {
      const difference = tf.tensor1d([2, -1]);
      const z = (share: number, others: number[]): number[] => {
        const given = { differences: tf.tensor1d(others), share, beta: 0.5 };
        return Array.from(tf.mul(residualDifference(difference, given), 0.5).dataSync());
      };
      // (0.5 * 2 - 0.25) / 0.8 and (0.5 * -1 + 0.1) / 0.8
      z(0.8, [0.25, -0.1]).forEach((value, row) => expect(value).toBeCloseTo([0.9375, -0.5][row]!, 6));
      expect(z(1, [0, 0])).toEqual([1, -0.5]);
    });
  });
});

test("reward differences of another number of pairs are refused", () => {
  tf.tidy(() => {
    const others = { differences: tf.tensor1d([1, 2, 3]), share: 0.5, beta: 1 };
    expect(() => residualDifference(tf.tensor1d([1, 2]), others)).toThrow("The reward differences [pairs]");
  });
});
