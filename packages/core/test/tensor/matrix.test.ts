import { describe, expect, test } from "vitest";
import { openEngine } from "../../src/tensor/engine.ts";
import {
  disposeMatrix,
  frozenMatrix,
  frozenProduct,
  linear,
  trainableMatrix,
  type DenseMatrix,
} from "../../src/tensor/matrix.ts";
import { nativeOps, storedAs } from "../../src/tensor/native.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { drawn, largestDifference } from "../support/numeric-gradient.ts";

await openEngine();

const random = createRandom(7).fork("matrix");
const x = drawn(random, [3, 5, 8]); // [B,T,in]
const weight = drawn(random, [6, 8]); // [out,in]
const upstream = drawn(random, [3, 5, 6]);

/** x W^T with tfjs's own product and gradient, on folded rows. */
function twin(input: tf.Tensor, matrix: tf.Tensor): tf.Tensor {
  return tf.reshape(tf.matMul(tf.reshape(input, [15, 8]), tf.transpose(matrix)), [3, 5, 6]);
}

const numbers = (tensor: tf.Tensor): Float32Array => tensor.dataSync<"float32">();
const narrowed = (values: tf.Tensor): tf.Tensor2D => storedAs(values, "bfloat16") as tf.Tensor2D;
const widened = (values: tf.Tensor2D): tf.Tensor2D => storedAs(values, "float32") as tf.Tensor2D;
const tensor = ({ values, shape }: { values: number[]; shape: number[] }): tf.Tensor => tf.tensor(values, shape);

test("a frozen matrix multiplies and differentiates like tf.matMul", async () => {
  await expectNoTensorLeak(() => {
    const matrix = frozenMatrix(tensor(weight) as tf.Tensor2D);
    tf.tidy(() => {
      const scored = (f: (input: tf.Tensor) => tf.Tensor) => (input: tf.Tensor) =>
        tf.sum(tf.mul(f(input), tensor(upstream)));
      const plain = tensor(weight);
      expect(largestDifference(numbers(linear(tensor(x), matrix)), numbers(twin(tensor(x), plain)))).toBeLessThan(1e-5);
      const ours = tf.grad(scored((input) => linear(input, matrix)))(tensor(x));
      const theirs = tf.grad(scored((input) => twin(input, plain)))(tensor(x));
      expect(ours.shape).toEqual([3, 5, 8]);
      expect(largestDifference(numbers(ours), numbers(theirs))).toBeLessThan(1e-5);
    });
    disposeMatrix(matrix);
  });
});

describe.skipIf(nativeOps() === null).each(["float32", "bfloat16"] as const)("few rows times a %s matrix", (type) => {
  const held = (values: tf.Tensor2D): DenseMatrix => frozenMatrix(storedAs(values, type) as tf.Tensor2D);
  const product = (input: tf.Tensor, matrix: DenseMatrix): Float32Array =>
    tf.tidy(() => numbers(storedAs(frozenProduct(storedAs(input, type), matrix), "float32")));
  const rowsOf = (count: number): tf.Tensor2D => tensor(drawn(random, [count, 96])) as tf.Tensor2D;

  test("are the products of the numbers that it holds", async () => {
    await expectNoTensorLeak(() => {
      for (const [rows, outputs] of [
        [1, 5],
        [2, 4],
        [7, 33],
        [64, 50],
      ] as const) {
        tf.tidy(() => {
          const weights = tensor(drawn(random, [outputs, 96])) as tf.Tensor2D;
          const matrix = held(weights);
          const input = rowsOf(rows);
          const exact = (values: tf.Tensor): tf.Tensor2D => storedAs(storedAs(values, type), "float32") as tf.Tensor2D;
          const expected = numbers(tf.matMul(exact(input), exact(weights), false, true));
          // 96 products of about 1, and a result of bfloat16 is rounded to eight bits of its own
          const tolerance = type === "float32" ? 2e-5 : 2 ** -8 * Math.max(...expected.map(Math.abs));
          expect(largestDifference(product(input, matrix), expected)).toBeLessThan(tolerance);
          disposeMatrix(matrix);
        });
      }
    });
  });

  test("a row is the same bits alone and among 63 others", () => {
    tf.tidy(() => {
      const matrix = held(tensor(drawn(random, [37, 96])) as tf.Tensor2D);
      const input = rowsOf(64);
      const together = product(input, matrix);
      for (const row of [0, 31, 63])
        expect(product(tf.slice(input, [row, 0], [1, -1]), matrix)).toEqual(together.slice(row * 37, (row + 1) * 37));
      disposeMatrix(matrix);
    });
  });
});

test.skipIf(nativeOps() === null)(
  "many rows times a large bfloat16 matrix: products of the numbers it holds",
  async () => {
    await expectNoTensorLeak(() => {
      tf.tidy(() => {
        const matrix = frozenMatrix(narrowed(tf.randomUniform([90_000, 96], -1, 1)));
        const input = narrowed(tensor(drawn(random, [70, 96])));
        const expected = tf.matMul(widened(input), widened(matrix.values), false, true);
        const off = tf.max(tf.abs(tf.sub(widened(frozenProduct(input, matrix)), expected)));
        // a result is rounded to eight bits of its own
        expect(numbers(off)[0]).toBeLessThan(2 ** -8 * numbers(tf.max(tf.abs(expected)))[0]!);
        disposeMatrix(matrix);
      });
    });
  },
);

test("a trainable matrix and a plain tensor get the gradient of tf.matMul", async () => {
  await expectNoTensorLeak(() => {
    const variable = tf.tidy(() => tf.variable(tensor(weight))) as tf.Variable<tf.Rank.R2>;
    tf.tidy(() => {
      const score = (out: tf.Tensor): tf.Scalar => tf.sum(tf.mul(out, tensor(upstream)));
      const theirs = numbers(tf.grad((matrix: tf.Tensor) => score(twin(tensor(x), matrix)))(tensor(weight)));
      const plain = tf.grad((matrix: tf.Tensor) => score(linear(tensor(x), matrix as tf.Tensor2D)))(tensor(weight));
      expect(largestDifference(numbers(plain), theirs)).toBeLessThan(1e-5);
      const { grads } = tf.variableGrads(() => score(linear(tensor(x), trainableMatrix(variable))), [variable]);
      expect(largestDifference(numbers(grads[variable.name]!), theirs)).toBeLessThan(1e-5);
    });
    variable.dispose();
  });
});

test("a frozen matrix made inside a tidy outlives it", async () => {
  await expectNoTensorLeak(() => {
    const matrix = tf.tidy(
      () => [frozenMatrix(tensor(weight) as tf.Tensor2D)] as unknown as tf.Tensor[],
    )[0] as unknown as ReturnType<typeof frozenMatrix>;
    expect(tf.tidy(() => numbers(linear(tensor(x), matrix)).length)).toBe(90);
    disposeMatrix(matrix);
  });
});
