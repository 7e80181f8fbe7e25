import { beforeAll, expect, test } from "vitest";
import { logRatioReward } from "../../src/losses/log-ratio-reward.ts";
import { pairLoss } from "../../src/losses/pair-loss.ts";
import { residualDifference } from "../../src/losses/residual-difference.ts";
import type { Divergence } from "../../src/schema/fusion.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import * as tf from "../../src/tensor/tf.ts";
import { readGolden } from "../support/golden.ts";

interface Expected {
  loss: number;
  /** in the log-probability of each response under the policy */
  gradients: [number, number][];
}
/** Made with 50 digits by tooling/reference/policy_losses.py. */
interface Golden {
  pairs: { sign: number; base: [number, number]; policy: [number, number]; policies: [number, number][] }[];
  beta: number;
  alpha: number;
  dpo: Record<Divergence, Expected>;
  modpo: Expected & { weights: number[]; trained: number; betas: number[] };
}
const golden = readGolden<Golden>("losses/policies.json");
const { pairs, beta, alpha, modpo } = golden;
/** Log-probabilities of 20 nats in float32, through exponentials of up to 5. */
const RELATIVE = 1e-5;

beforeAll(async () => {
  await openEngine();
});

const lossOf = (difference: tf.Tensor1D): tf.Scalar => {
  const signs = tf.tensor2d(pairs.map(({ sign }) => [sign]));
  return pairLoss({ difference, preference: tf.onesLike(signs), signs, betas: [beta] }).loss;
};

/** @param differenceOf from the log-ratios of the responses 0 and of the responses 1 [B] each */
function expectGolden(
  differenceOf: (first: tf.Tensor1D, second: tf.Tensor1D) => tf.Tensor1D,
  { loss, gradients }: Expected,
): void {
  tf.tidy(() => {
    const [base0, base1] = [0, 1].map((side) => tf.tensor1d(pairs.map((pair) => pair.base[side]!)));
    const policy = [0, 1].map((side) => tf.tensor1d(pairs.map((pair) => pair.policy[side]!)));
    const value = (first: tf.Tensor, second: tf.Tensor): tf.Scalar =>
      lossOf(differenceOf(tf.sub(first, base0!), tf.sub(second, base1!)));
    const result = tf.valueAndGrads((first: tf.Tensor, second: tf.Tensor) => value(first, second))(policy);
    expect(Math.abs(result.value.arraySync() / loss - 1)).toBeLessThan(RELATIVE);
    const largest = Math.max(...gradients.flat().map(Math.abs));
    result.grads.forEach((gradient, side) => {
      Array.from(gradient.dataSync()).forEach((one, row) => {
        expect(Math.abs(one - gradients[row]![side]!) / largest).toBeLessThan(RELATIVE);
      });
    });
  });
}

test.each(Object.entries(golden.dpo) as [Divergence, Expected][])(
  "DPO's loss and gradients with the divergence %s are those of 50 digits",
  (kind, expected) => {
    const reward = (ratio: tf.Tensor1D): tf.Tensor1D => logRatioReward(ratio, { kind, alpha });
    expectGolden((first, second) => tf.sub(reward(first), reward(second)), expected);
  },
);

test("MODPO's loss and gradients are those of 50 digits", () => {
  const { weights, trained, betas } = modpo;
  const differences = pairs.map(({ base, policies }) =>
    policies.reduce((sum, [first, second], j) => {
      const reward = betas[j]! * (first - base[0] - (second - base[1]));
      return j === trained ? sum : sum + weights[j]! * reward;
    }, 0),
  );
  expectGolden((first, second) => {
    const others = { differences: tf.tensor1d(differences), share: weights[trained]!, beta };
    return residualDifference(tf.sub(first, second), others);
  }, modpo);
});
