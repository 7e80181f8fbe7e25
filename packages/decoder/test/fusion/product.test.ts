import { beforeAll, describe, expect, test } from "vitest";
import { openEngine, tf } from "@uniarm/core";
import { expectNoTensorLeak } from "@uniarm/core/testing";
import { guidedLogProbs, type ArmLogits } from "../../src/fusion/product.ts";
import { largestDifference, readGolden } from "../golden.ts";

interface Case {
  base_logits: number[];
  arm_logits: number[][];
  coefficients: number[];
  logprobs: { guided: number[] };
}
const { cases } = readGolden<{ cases: Case[] }>("decoding/from-logits/expect.json");

beforeAll(async () => {
  await openEngine();
});

function guided(base: number[][], arms: { logits: number[][]; coefficients: number[] }[]): number[] {
  return tf.tidy(() => {
    const tensors = arms.map(({ logits, coefficients }): ArmLogits => ({
      logits: tf.tensor2d(logits),
      coefficients: tf.tensor1d(coefficients),
    }));
    return Array.from(guidedLogProbs(tf.tensor2d(base), tensors).dataSync());
  });
}

describe("the guided distribution", () => {
  test.each(cases.map((one) => [one.arm_logits.length, one] as const))("of %i ARMs matches the reference", (_, one) => {
    const arms = one.arm_logits.map((logits, index) => ({
      logits: [logits],
      coefficients: [one.coefficients[index]!],
    }));
    expect(largestDifference(guided([one.base_logits], arms), one.logprobs.guided)).toBeLessThanOrEqual(1e-5);
  });

  test("is the base's own when nothing guides", () => {
    const logits = [0.5, -1, 2];
    const normaliser = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    expect(
      largestDifference(
        guided([logits], []),
        logits.map((logit) => logit - normaliser),
      ),
    ).toBeLessThanOrEqual(1e-6);
  });

  test("weighs each row by its own coefficients", () => {
    const base = [1, 2, 0.5];
    const arm = [-1, 0.3, 2];
    const together = guided([base, base], [{ logits: [arm, arm], coefficients: [0, 3] }]);
    const unguided = guided([base], []);
    const strong = guided([base], [{ logits: [arm], coefficients: [3] }]);
    expect(largestDifference(together, [...unguided, ...strong])).toBeLessThanOrEqual(1e-6);
  });

  test("does not change when an operand's logits are shifted", () => {
    const arms = (shift: number) => [{ logits: [[-1 + shift, 0.3 + shift, 2 + shift]], coefficients: [2] }];
    expect(largestDifference(guided([[1, 2, 0.5]], arms(0)), guided([[1, 2, 0.5]], arms(7)))).toBeLessThanOrEqual(1e-5);
  });

  test("keeps no tensor", async () => {
    await expectNoTensorLeak(() => guided([[1, 2]], [{ logits: [[3, 4]], coefficients: [1] }]));
  });

  test("refuses coefficients of another number of rows", () => {
    expect(() => guided([[1, 2]], [{ logits: [[3, 4]], coefficients: [1, 2] }])).toThrow(
      "An ARM's coefficients has shape [2]; expected [1].",
    );
  });
});
