import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom, openEngine, tf } from "@uniarm/core";
import { expectNoTensorLeak } from "@uniarm/core/testing";
import { clipByGlobalNorm, createAdamW } from "../src/index.ts";

const OPTIONS = { weightDecay: 0.1, adamBeta1: 0.9, adamBeta2: 0.99, adamEpsilon: 1e-8 };
const RATES = [0, 0.05, 0.1, 0.02, 0.01];
const random = createRandom(1);
const start = Array.from({ length: 6 }, () => random.normal());
const gradients = RATES.map(() => start.map(() => random.normal()));

let variable: tf.Variable;
beforeAll(async () => {
  await openEngine();
  variable = tf.variable(tf.tensor2d(start, [2, 3]));
});
afterAll(() => {
  variable.dispose();
});

/** AdamW on one number, in doubles. */
function scalarTwin(theta: number, ofNumber: (step: number) => number): number {
  let [first, second] = [0, 0];
  RATES.forEach((rate, index) => {
    const gradient = ofNumber(index);
    theta *= 1 - rate * OPTIONS.weightDecay;
    first = OPTIONS.adamBeta1 * first + (1 - OPTIONS.adamBeta1) * gradient;
    second = OPTIONS.adamBeta2 * second + (1 - OPTIONS.adamBeta2) * gradient ** 2;
    const [mean, square] = [
      first / (1 - OPTIONS.adamBeta1 ** (index + 1)),
      second / (1 - OPTIONS.adamBeta2 ** (index + 1)),
    ];
    theta -= (rate * mean) / (Math.sqrt(square) + OPTIONS.adamEpsilon);
  });
  return theta;
}

function update(optimizer: ReturnType<typeof createAdamW>, steps: readonly number[]): void {
  for (const step of steps) {
    const gradient = tf.tensor2d(gradients[step]!, [2, 3]);
    optimizer.apply({ weight: gradient }, RATES[step]!);
    gradient.dispose();
  }
}

test("five updates equal those of AdamW computed number by number", () => {
  variable.assign(tf.tensor2d(start, [2, 3]));
  const optimizer = createAdamW({ weight: variable }, OPTIONS);
  update(optimizer, [0, 1, 2, 3, 4]);
  expect(optimizer.step).toBe(5);
  variable.dataSync().forEach((value, place) => {
    expect(value).toBeCloseTo(
      scalarTwin(start[place]!, (step) => gradients[step]![place]!),
      6,
    );
  });
  optimizer.dispose();
});

test("an optimizer made from a saved state goes on to the same bits", async () => {
  variable.assign(tf.tensor2d(start, [2, 3]));
  const straight = createAdamW({ weight: variable }, OPTIONS);
  update(straight, [0, 1, 2, 3, 4]);
  const expected = Array.from(variable.dataSync());

  variable.assign(tf.tensor2d(start, [2, 3]));
  const before = createAdamW({ weight: variable }, OPTIONS);
  update(before, [0, 1, 2]);
  const after = createAdamW({ weight: variable }, OPTIONS, await before.state());
  update(after, [3, 4]);
  expect(Array.from(variable.dataSync())).toEqual(expected);
  for (const optimizer of [straight, before, after]) optimizer.dispose();
});

test("a state that was held is put back, more than once, and goes on to the same bits", async () => {
  variable.assign(tf.tensor2d(start, [2, 3]));
  await expectNoTensorLeak(() => {
    const optimizer = createAdamW({ weight: variable }, OPTIONS);
    update(optimizer, [0, 1, 2]);
    const held = optimizer.hold();
    update(optimizer, [3, 4]);
    const expected = Array.from(variable.dataSync());
    for (const steps of [[4, 1], [3]]) {
      held.restore();
      update(optimizer, steps);
      expect(Array.from(variable.dataSync())).not.toEqual(expected);
    }
    held.restore();
    expect(optimizer.step).toBe(3);
    held.dispose();
    update(optimizer, [3, 4]);
    expect(Array.from(variable.dataSync())).toEqual(expected);
    optimizer.dispose();
  });
});

test("a saved state of another shape is refused with the name of the tensor", () => {
  const state = { step: 1, tensors: { "first.weight": { shape: [3, 2], data: new Float32Array(6) } } };
  expect(() => createAdamW({ weight: variable }, OPTIONS, state)).toThrow(
    "Optimizer tensor first.weight has shape [3, 2]; expected [2, 3]. The checkpoint is damaged: resume from another one.",
  );
});

test("updates leave no tensors behind", async () => {
  await expectNoTensorLeak(() => {
    const optimizer = createAdamW({ weight: variable }, OPTIONS);
    update(optimizer, [1, 2, 3]);
    optimizer.dispose();
  });
});

test("clipping scales all gradients alike, by the norm over all of them", async () => {
  await expectNoTensorLeak(async () => {
    const given = { a: tf.tensor1d([3, 0]), b: tf.tensor2d([[0], [4]]) };
    const { gradients: clipped, norm } = clipByGlobalNorm(given, 1);
    expect((await norm.data())[0]).toBe(5);
    expect(Array.from(await clipped.a!.data())[0]).toBeCloseTo(3 / (5 + 1e-6), 6);
    expect(Array.from(await clipped.b!.data())[1]).toBeCloseTo(4 / (5 + 1e-6), 6);
    tf.dispose([given, clipped, norm]);
  });
});

test("one gradient that is no number makes all of them none, on every engine", async () => {
  const given = { a: tf.tensor1d([0.3, NaN]), b: tf.tensor1d([0.1]) };
  const { gradients: clipped, norm } = clipByGlobalNorm(given, 1);
  expect(Array.from(await clipped.b!.data())).toEqual([NaN]);
  tf.dispose([given, clipped, norm]);
});

test("gradients shorter than the limit stay as they are", async () => {
  const given = { a: tf.tensor1d([0.3, 0.4]) };
  const { gradients: clipped, norm } = clipByGlobalNorm(given, 1);
  expect(Array.from(await clipped.a!.data())).toEqual(Array.from(given.a.dataSync()));
  tf.dispose([given, clipped, norm]);
});
