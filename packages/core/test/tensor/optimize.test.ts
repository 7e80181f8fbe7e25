import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEngine } from "../../src/tensor/engine.ts";
import { withoutNativeOps } from "../../src/tensor/native.ts";
import { adamWUpdate, scaleToNorm, type AdamWTensors } from "../../src/tensor/optimize.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

await openEngine();

/** Of one number, of none that a vector fits, and of more than one task of the engine takes. */
const SHAPES = [[], [7], [3, 5], [130, 257]];
const random = createRandom(11);
const drawn = (shape: readonly number[], of = (): number => random.normal()): tf.Tensor =>
  tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, of), [...shape]);
const valuesOf = (tensors: readonly tf.Tensor[]): number[] => tensors.flatMap((tensor) => [...tensor.dataSync()]);

describe("gradients scaled to a norm", () => {
  let gradients: tf.Tensor[];
  beforeAll(() => void (gradients = SHAPES.map((shape) => drawn(shape))));
  afterAll(() => tf.dispose(gradients));

  test.each([1, 1e6])("are the same by one operation and by many (largest norm %d)", async (maxNorm) => {
    await expectNoTensorLeak(() => {
      const one = scaleToNorm(gradients, maxNorm);
      const many = withoutNativeOps(() => scaleToNorm(gradients, maxNorm));
      // a sum of 33,433 squares in float32 against one in float64: relative 1e-6
      expect(one.norm.dataSync()[0]! / many.norm.dataSync()[0]!).toBeCloseTo(1, 5);
      expect(largestDifference(valuesOf(one.scaled), valuesOf(many.scaled))).toBeLessThan(maxNorm === 1 ? 1e-6 : 1e-7);
      tf.dispose([one.norm, one.scaled, many.norm, many.scaled]);
    });
  });

  test("keep their shapes; their norm is the square root of the sum of squares", () => {
    const { norm, scaled } = scaleToNorm(gradients, 0.5);
    expect(scaled.map(({ shape }) => shape)).toEqual(SHAPES);
    const length = Math.sqrt(valuesOf(gradients).reduce((sum, value) => sum + value ** 2, 0));
    expect(norm.dataSync()[0]! / length).toBeCloseTo(1, 5);
    expect(Math.sqrt(valuesOf(scaled).reduce((sum, value) => sum + value ** 2, 0))).toBeCloseTo(0.5, 4);
    tf.dispose([norm, scaled]);
  });

  test("hide no NaN", () => {
    const given = [tf.tensor1d([1, NaN]), tf.tensor1d([2])];
    const { norm, scaled } = scaleToNorm(given, 1);
    expect(norm.dataSync()[0]).toBeNaN();
    expect(valuesOf(scaled).every(Number.isNaN)).toBe(true);
    tf.dispose([norm, scaled, given]);
  });
});

describe("an AdamW step", () => {
  const NUMBERS = { beta1: 0.9, beta2: 0.999, rate: 3e-3, correction: 1.7, epsilon: 1e-8, kept: 0.99 };
  let tensors: AdamWTensors[];
  beforeAll(() => {
    tensors = SHAPES.map((shape) => ({
      value: drawn(shape),
      gradient: drawn(shape),
      first: drawn(shape),
      second: drawn(shape, () => random.normal() ** 2),
    }));
  });
  afterAll(() => tf.dispose(tensors.flatMap((one) => Object.values(one) as tf.Tensor[])));

  test("is the same by one operation and by many", async () => {
    await expectNoTensorLeak(() => {
      const one = adamWUpdate(tensors, NUMBERS);
      const many = withoutNativeOps(() => adamWUpdate(tensors, NUMBERS));
      for (const part of ["value", "first", "second"] as const) {
        const [found, expected] = [one, many].map((list) => valuesOf(list.map((tensor) => tensor[part])));
        expect(largestDifference(found!, expected!), part).toBeLessThan(1e-6); // a rounding or two of numbers around 1
      }
      tf.dispose([one, many].flat().flatMap((parts) => Object.values(parts)));
    });
  });

  test("leaves what it was given as it was", () => {
    const before = tensors.map(({ value }) => valuesOf([value]));
    const after = adamWUpdate(tensors, NUMBERS);
    expect(tensors.map(({ value }) => valuesOf([value]))).toEqual(before);
    tf.dispose(after.flatMap((parts) => Object.values(parts)));
  });
});
