import { beforeAll, expect, test } from "vitest";
import { openEngine } from "../../src/tensor/engine.ts";
import { gatherRows } from "../../src/tensor/gather.ts";
import { logSoftmaxAt } from "../../src/tensor/log-probs.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { drawn, largestDifference, numericGradient } from "../support/numeric-gradient.ts";

beforeAll(() => openEngine());

const random = createRandom(3).fork("log-probs");
const logits = drawn(random, [5, 11]);
const ids = [0, 10, 3, 3, 7];
const upstream = [1, -2, 0.5, 3, 0];

function slowTwin(): number[] {
  return ids.map((id, row) => {
    const entries = logits.values.slice(row * 11, (row + 1) * 11);
    return entries[id]! - Math.log(entries.reduce((sum, entry) => sum + Math.exp(entry), 0));
  });
}

test("log-probabilities by gather equal a log-softmax written out", async () => {
  await expectNoTensorLeak(() =>
    tf.tidy(() => {
      const ours = logSoftmaxAt(tf.tensor2d(logits.values, [5, 11]), tf.tensor1d(ids, "int32"));
      expect(largestDifference(ours.dataSync(), slowTwin())).toBeLessThan(1e-5);
    }),
  );
});

test("large logits neither overflow nor underflow", () => {
  tf.tidy(() => {
    const far = tf.tensor2d([1000, 0, -1000, -1000, 0, 1000], [2, 3]);
    expect([...logSoftmaxAt(far, tf.tensor1d([0, 1], "int32")).dataSync()]).toEqual([0, -1000]);
  });
});

test("the gradient is that of numeric differences", async () => {
  await expectNoTensorLeak(() =>
    tf.tidy(() => {
      const f = (x: tf.Tensor): tf.Scalar =>
        tf.sum(tf.mul(logSoftmaxAt(x as tf.Tensor2D, tf.tensor1d(ids, "int32")), tf.tensor1d(upstream)));
      const ours = tf.grad(f)(tf.tensor(logits.values, logits.shape)).dataSync();
      const all = logits.values.map((_, index) => index);
      expect(largestDifference(ours, numericGradient(f, logits, all))).toBeLessThan(2e-3); // float32 differences over a step of 0.01
    }),
  );
});

test("the gradient of gathered rows adds up the rows taken twice", async () => {
  await expectNoTensorLeak(() =>
    tf.tidy(() => {
      const taken = [2, 0, 2];
      const weights = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
      const f = (x: tf.Tensor): tf.Scalar =>
        tf.sum(tf.mul(gatherRows(x as tf.Tensor2D, tf.tensor1d(taken, "int32")), weights));
      expect([
        ...tf
          .grad(f)(tf.zeros([4, 2]))
          .dataSync(),
      ]).toEqual([3, 4, 0, 0, 6, 8, 0, 0]);
      const plain = (x: tf.Tensor): tf.Scalar => tf.sum(tf.mul(tf.gather(x, tf.tensor1d(taken, "int32")), weights));
      expect([
        ...tf
          .grad(plain)(tf.zeros([4, 2]))
          .dataSync(),
      ]).toEqual([3, 4, 0, 0, 6, 8, 0, 0]);
    }),
  );
});
