import { expect, test } from "vitest";
import { learningRateAt } from "../src/index.ts";

const schedule = { learningRate: 0.5, warmupSteps: 4, finalLearningRateShare: 0.2 };

test("the rate climbs linearly from 0, so the first step moves nothing", () => {
  expect([0, 1, 2, 3, 4].map((step) => learningRateAt(step, 12, schedule))).toEqual([0, 0.125, 0.25, 0.375, 0.5]);
});

test("the cosine is at the mean of peak and end half-way, and at the end at its share of the peak", () => {
  expect(learningRateAt(8, 12, schedule)).toBeCloseTo((0.5 + 0.1) / 2, 12);
  expect(learningRateAt(12, 12, schedule)).toBeCloseTo(0.1, 12);
  expect(learningRateAt(99, 12, schedule)).toBeCloseTo(0.1, 12);
});

test("without a warm-up the first step has the peak rate", () => {
  expect(learningRateAt(0, 10, { ...schedule, warmupSteps: 0 })).toBe(0.5);
});

test("a run that is all warm-up never divides by 0", () => {
  expect([0, 1, 2, 3].map((step) => learningRateAt(step, 3, schedule))).toEqual([0, 0.125, 0.25, 0.375]);
  expect(learningRateAt(4, 4, schedule)).toBe(0.5);
});
