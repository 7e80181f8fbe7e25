import "@tensorflow/tfjs-backend-cpu";
import { afterEach, beforeAll, expect, test } from "vitest";
import { openEngine } from "../../src/tensor/engine.ts";
import { registerMissingKernels } from "../../src/tensor/missing-kernels.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { largestDifference } from "../support/numeric-gradient.ts";
import { OPERATIONS, type Case, type Input } from "./operations.ts";

let engine: string;
beforeAll(async () => {
  engine = (await openEngine()).name;
  registerMissingKernels("cpu");
});
afterEach(async () => {
  await tf.setBackend(engine);
});

interface Values {
  shape: number[];
  data: Float32Array | Int32Array;
}

function valuesOf(one: Case): Values[] {
  const random = createRandom(1).fork(one.name);
  return one.inputs.map(({ shape, values }: Input) => {
    const size = shape.reduce((product, axis) => product * axis, 1);
    if (typeof values === "object") {
      return { shape, data: Int32Array.from({ length: size }, (_, index) => index % values.integersBelow) };
    }
    const scale = values === "far" ? 300 : 1;
    const draw = (): number => (values === "positive" ? 0.5 + 1.5 * random.uniform() : scale * random.normal());
    return { shape, data: Float32Array.from({ length: size }, draw) };
  });
}

const tensors = (all: readonly Values[]): tf.Tensor[] =>
  all.map(({ shape, data }) => tf.tensor(data.slice(), shape, data instanceof Int32Array ? "int32" : "float32"));

/** The result's numbers on the engine that is set now. */
const resultOf = (one: Case, inputs: readonly Values[]): Float32Array | Int32Array =>
  tf.tidy(() =>
    one
      .run(...tensors(inputs))
      .dataSync<"float32">()
      .slice(),
  );

/** Float32 has 24 bits: the longest sum here has 3000 terms, whose rounding errors add up to about 1e-5 of their size. */
const relativeTo = (values: ArrayLike<number>): number => 2e-5 * Math.max(1, ...Array.from(values, Math.abs));

test.each(OPERATIONS)("$name: the cpu engine's numbers, the same twice, and no tensor left", async (one) => {
  const inputs = valuesOf(one);
  let result: Float32Array | Int32Array = new Float32Array();
  await expectNoTensorLeak(() => {
    result = resultOf(one, inputs);
  });
  expect(resultOf(one, inputs)).toEqual(result);
  await tf.setBackend("cpu");
  const expected = resultOf(one, inputs);
  expect(largestDifference(result, expected)).toBeLessThan(relativeTo(expected));
});

/** Central differences of a function of order 1 in float32: truncation 1e-4, rounding 1e-7 / STEP. */
const STEP = 2e-2;
const GRADIENT_TOLERANCE = 3e-3;

test.each(OPERATIONS.filter(({ differentiable }) => differentiable !== false))(
  "$name: the gradient is that of numeric differences",
  async (one) => {
    const inputs = valuesOf(one);
    const weight = weightsFor(one, resultOf(one, inputs).length);
    /** A fixed combination of all outputs, summed in float64: the difference of two sums keeps its digits. */
    const objective = (all: readonly Values[]): number =>
      Array.from(resultOf(one, all)).reduce((sum, value, index) => sum + value * weight[index]!, 0);
    await expectNoTensorLeak(() => {
      inputs.forEach((input, place) => {
        if (input.data instanceof Int32Array) return;
        const gradient = gradientOf(one, inputs, place, weight);
        const scale = Math.max(1, ...Array.from(gradient, Math.abs));
        for (const index of spread(input.data.length)) {
          const moved = (shift: number): number => {
            const data = Float32Array.from(input.data, (value, at) => (at === index ? value + shift : value));
            return objective(inputs.map((other, at) => (at === place ? { ...input, data } : other)));
          };
          const numeric = (moved(STEP) - moved(-STEP)) / (2 * STEP);
          expect(Math.abs(numeric - gradient[index]!) / scale, `input ${place}, entry ${index}`).toBeLessThan(
            GRADIENT_TOLERANCE,
          );
        }
      });
    });
  },
);

const weightsFor = (one: Case, count: number): number[] => {
  const random = createRandom(2).fork(one.name);
  return Array.from({ length: count }, () => random.normal());
};

function gradientOf(one: Case, inputs: readonly Values[], place: number, weight: readonly number[]): Float32Array {
  return tf.tidy(() => {
    const all = tensors(inputs);
    const f = (x: tf.Tensor): tf.Scalar => {
      const output = one.run(...all.with(place, x));
      return tf.sum(tf.mul(tf.reshape(output, [-1]), tf.tensor1d([...weight])));
    };
    return tf.grad(f)(all[place]!).dataSync<"float32">().slice();
  });
}

/** At most six entries, from first to last. */
const spread = (count: number): number[] => [
  ...new Set(Array.from({ length: Math.min(6, count) }, (_, index) => Math.floor((index * (count - 1)) / 5))),
];
